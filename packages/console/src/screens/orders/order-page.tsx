import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useKeys } from '../../keys/bindings.ts';
import './orders.css';
import { OrderPanel } from './order-panel.tsx';

const route = getRouteApi('/orders/$market/$order');

/** One order in full, at its own address. */
export default function OrderPage() {
  const { market, order } = route.useParams();
  const navigate = useNavigate();
  useKeys([
    {
      keys: 'Backspace',
      scope: 'page',
      label: { zh: '回到委托列表', en: 'Back to all orders' },
      run: () => void navigate({ to: '/orders', search: { order: `${market}-${order}` } }),
    },
  ]);
  return <OrderPanel order={{ market, order }} wide />;
}
