import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMay } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { Blotter } from './blotter.tsx';
import { type OrderKey, orderKeyText, readOrderKey } from './order-key.ts';
import { OrderPanel } from './order-panel.tsx';
import { conditionsOf, searchOf } from './search.ts';
import { text } from './text.ts';

const route = getRouteApi('/orders');

/** 委托: every order, live, with the one that is looked at seen through at the right. Filters and the chosen order stand in the address. */
export default function Orders() {
  const words = useText(text);
  const search = route.useSearch();
  const navigate = useNavigate();
  const mayRead = useMay('order.read');
  const chosen = readOrderKey(search.order);
  const show = (order: OrderKey | undefined) => {
    const { order: _, ...rest } = search;
    void navigate({
      to: '/orders',
      search: order === undefined ? rest : { ...rest, order: orderKeyText(order) },
      replace: chosen !== undefined,
    });
  };
  if (!mayRead) return null;
  return (
    <div className="with-side">
      <Blotter
        chosen={chosen}
        filter={conditionsOf(search)}
        onFilter={(filter) =>
          void navigate({
            to: '/orders',
            search: { ...searchOf(filter), ...(search.order === undefined ? {} : { order: search.order }) },
            replace: true,
          })
        }
        onOpen={show}
        onSelect={(order) => chosen !== undefined && show(order)}
      />
      {chosen === undefined ? (
        <Panel title={words.seeThrough} className="order-panel">
          <Empty why={words.pick} next={words.pickNext} />
        </Panel>
      ) : (
        <OrderPanel key={orderKeyText(chosen)} order={chosen} close={() => show(undefined)} />
      )}
    </div>
  );
}
