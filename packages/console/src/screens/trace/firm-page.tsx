import { Navigate } from '@tanstack/react-router';

/** The walk begins at the firm's total. */
export default function FirmPage() {
  return <Navigate to="/trace/$level/$id" params={{ level: 'firm', id: 'firm' }} search={{ measure: 'notional' }} replace />;
}
