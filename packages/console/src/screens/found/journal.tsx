import { getRouteApi, Navigate } from '@tanstack/react-router';

const route = getRouteApi('/ledger/$journal');

/** The ledger with one journal chosen. */
export default function JournalAddress() {
  const { journal } = route.useParams();
  return <Navigate to="/ledger" search={{ journal }} replace />;
}
