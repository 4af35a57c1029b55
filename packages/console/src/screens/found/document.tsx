import { getRouteApi, Navigate } from '@tanstack/react-router';

const route = getRouteApi('/reports/$document');

/** The reports of the batch that a document belongs to: its id begins with it. */
export default function DocumentAddress() {
  const { document } = route.useParams();
  const batch = document.split('/')[0];
  return <Navigate to="/reports" search={{ face: 'reports', ...(batch === undefined ? {} : { batch }) }} replace />;
}
