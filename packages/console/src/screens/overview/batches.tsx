import { useState } from 'react';
import { BatchList } from '../clearing/batch-list.tsx';

/** Whoever clears and does not trade sees the batches under the ribbon. */
export default function Batches() {
  const [market, setMarket] = useState<string>();
  return <BatchList market={market} onMarket={setMarket} />;
}
