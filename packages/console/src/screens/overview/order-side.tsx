import { type OrderKey, orderKeyText } from '../orders/order-key.ts';
import { OrderPanel } from '../orders/order-panel.tsx';

interface OrderSideProps {
  readonly order: OrderKey;
  readonly close: () => void;
}

/** The order that the overview sees through, at its right. */
export default function OrderSide({ order, close }: OrderSideProps) {
  return (
    <div className="overview-side">
      <OrderPanel key={orderKeyText(order)} order={order} close={close} />
    </div>
  );
}
