import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useSession } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Panel } from '../../parts/panel.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { type OrderKey, orderKeyText, readOrderKey } from '../orders/order-key.ts';
import { ExposuresPanel } from './exposures.tsx';
import { MarginsPanel } from './margins.tsx';
import './overview.css';
import { RibbonPanel } from './ribbon-panel.tsx';
import { text } from './text.ts';

const Orders = lazy(() => import('./orders.tsx'));
const OrderSide = lazy(() => import('./order-side.tsx'));
const Portal = lazy(() => import('../portal/portal.tsx'));
const Batches = lazy(() => import('./batches.tsx'));
const route = getRouteApi('/overview');

/**
 * 全球运行总览: what is open, what is being cleared, what is late, where we are exposed, and the orders as they come. Each duty
 * sees the parts that it may; a client sees its own money and positions under the same ribbon.
 */
export default function Overview() {
  const words = useText(text);
  const { allowed, duties } = useSession();
  const search = route.useSearch();
  const navigate = useNavigate();
  const chosen = readOrderKey(search.order);
  const show = (order: OrderKey | undefined) =>
    void navigate({ to: '/overview', search: order === undefined ? {} : { order: orderKeyText(order) }, replace: true });
  if (duties.includes('client')) {
    return (
      <div className="overview portal">
        <RibbonPanel />
        <Suspense fallback={<Loading />}>
          <Portal />
        </Suspense>
      </div>
    );
  }
  const seesRisk = allowed.includes('risk.read');
  const seesOrders = allowed.includes('order.read');
  return (
    <div className={`overview ${seesOrders ? '' : 'no-orders'}`}>
      <RibbonPanel />
      {seesRisk && (
        <div className="overview-risk">
          <ExposuresPanel />
          <MarginsPanel />
        </div>
      )}
      {seesOrders && (
        <Suspense fallback={<Loading />}>
          <Orders chosen={chosen} onOpen={show} onSelect={(order) => chosen !== undefined && show(order)} />
          {chosen === undefined ? (
            <Panel title={words.side} className="overview-side">
              <Empty why={words.pick} next={words.pickNext} />
            </Panel>
          ) : (
            <OrderSide order={chosen} close={() => show(undefined)} />
          )}
        </Suspense>
      )}
      {!seesRisk && !seesOrders && allowed.includes('batch.read') && (
        <Suspense fallback={<Loading />}>
          <Batches />
        </Suspense>
      )}
      {!seesRisk && !seesOrders && !allowed.includes('batch.read') && (
        <Empty why={words.onlyClock} next={words.onlyClockNext} />
      )}
    </div>
  );
}
