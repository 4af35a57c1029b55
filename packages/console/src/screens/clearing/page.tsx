import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { BatchList } from './batch-list.tsx';

const route = getRouteApi('/batches');

/** 清算: which batch of which market is where, and what keeps it. The market that is looked at stands in the address. */
export default function Clearing() {
  const { market } = route.useSearch();
  const navigate = useNavigate();
  return (
    <BatchList
      market={market}
      onMarket={(next) => void navigate({ to: '/batches', search: next === undefined ? {} : { market: next }, replace: true })}
    />
  );
}
