import { getRouteApi, Navigate } from '@tanstack/react-router';

const route = getRouteApi('/reports/$document');

/** The reports of the document's batch with the document marked. */
export default function DocumentAddress() {
  const { document } = route.useParams();
  return <Navigate to="/reports" search={{ face: 'reports', document }} replace />;
}
