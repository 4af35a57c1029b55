import { useState } from 'react';
import type { Condition } from '../../grid/source.ts';
import { Blotter } from '../orders/blotter.tsx';
import type { OrderKey } from '../orders/order-key.ts';

interface OrdersProps {
  readonly chosen: OrderKey | undefined;
  readonly onOpen: (order: OrderKey) => void;
  readonly onSelect: (order: OrderKey) => void;
}

/** The blotter on the overview: its filter is of the moment and not of the address. */
export default function Orders({ onOpen, onSelect, chosen }: OrdersProps) {
  const [filter, setFilter] = useState<readonly Condition[]>([]);
  const shown = { chosen, filter, onFilter: setFilter, onOpen, onSelect };
  return <Blotter className="overview-orders" {...shown} />;
}
