import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useLineAge } from '../src/data/age.ts';
import { reading } from '../src/data/call.ts';
import { useViewport, useViewportState } from '../src/data/use-viewport.ts';
import { formatNumber, scaleUnit } from '../src/format/number.ts';
import { formatTime, instantOf } from '../src/format/time.ts';
import type { GridColumn } from '../src/grid/column.ts';
import { GridView } from '../src/grid/grid-view.tsx';
import { useLanguage } from '../src/i18n/use-text.ts';
import { Amount, Scaled, Signed } from '../src/parts/amount.tsx';
import { Bar } from '../src/parts/bar.tsx';
import { Button } from '../src/parts/button.tsx';
import type { ChartProps } from '../src/parts/chart.tsx';
import { Diff } from '../src/parts/diff.tsx';
import { Facts } from '../src/parts/facts.tsx';
import { KeyHint } from '../src/parts/key-hint.tsx';
import { Panel } from '../src/parts/panel.tsx';
import { ProblemPanel } from '../src/parts/problem-panel.tsx';
import { Table } from '../src/parts/table.tsx';
import { usePreferences } from '../src/preferences.ts';
import { ribbonOf } from '../src/ribbon/from-house.ts';
import { Ribbon, RibbonLegend } from '../src/ribbon/ribbon.tsx';
import { businessMicros } from './house.ts';

const Chart = lazy(() => import('../src/parts/chart.tsx'));
const chartOf = (x: string, y: string, names: readonly [string, string, string]): Omit<ChartProps, 'label'> => {
  const axis = {
    ticks: [0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6],
    format: (value: number) => `${value * 100}%`,
    scale: 'root',
  } as const;
  return {
    x: { title: x, ...axis },
    y: { title: y, ...axis },
    series: [
      ...[
        {
          name: names[0],
          mark: 'none',
          line: 'dotted',
          colour: '--text-3',
          points: [[0, 0] as const, [0.6, 0.6] as const],
        } as const,
        {
          name: names[1],
          mark: 'diamond',
          line: 'dashed',
          colour: '--text',
          points: [[0.01, 0.02] as const, [0.5, 0.3] as const],
        } as const,
        {
          name: names[2],
          mark: 'disc',
          line: 'solid',
          colour: '--accent',
          points: [[0.02, 0.02] as const, [0.4, 0.4] as const],
        } as const,
      ],
    ],
  };
};
const CHARTS = {
  zh: chartOf('预测', '实际', ['说多少就发生多少', '规则', '模型']),
  en: chartOf('Said', 'Happened', ['as often as said', 'rule', 'model']),
};

const ORDER_COLUMNS = [
  'at',
  'state',
  'clientToken',
  'accountCode',
  'side',
  'symbol',
  'quantity',
  'price',
  'currency',
  'filled',
  'hedgedPpm',
  'seq',
  'reason',
] as const;
const stateWords: Readonly<Record<string, readonly [string, string]>> = {
  new: ['已报', 'New'],
  'partially-filled': ['部分成交', 'Partial'],
  filled: ['全部成交', 'Filled'],
  rejected: ['拒绝', 'Rejected'],
};
const columns: readonly GridColumn[] = [
  {
    key: 'at',
    title: { zh: '北京时间', en: 'Beijing' },
    width: 100,
    format: (at) => formatTime(instantOf(String(at)) ?? 0, 'Asia/Shanghai', 'milli'),
    tone: () => 'mild',
  },
  {
    key: 'state',
    title: { zh: '状态', en: 'State' },
    width: 72,
    sortable: true,
    format: (state, _, { language }) => stateWords[String(state)]?.[language === 'zh' ? 0 : 1] ?? String(state),
    tone: (state) =>
      state === 'rejected' ? 'bad' : state === 'partially-filled' ? 'accent' : state === 'filled' ? 'mild' : '',
  },
  { key: 'clientToken', title: { zh: '客户', en: 'Client' }, width: 80, format: String },
  { key: 'accountCode', title: { zh: '合约', en: 'Contract' }, width: 100, format: String, tone: () => 'mild' },
  {
    key: 'side',
    title: { zh: '方向', en: 'Side' },
    width: 44,
    format: (side, _, { language }) => (language === 'zh' ? (side === 'buy' ? '买' : '卖') : side === 'buy' ? 'Buy' : 'Sell'),
    tone: (side) => (side === 'buy' ? 'up' : 'down'),
  },
  { key: 'symbol', title: { zh: '标的', en: 'Underlying' }, width: 120, format: String, sortable: true },
  {
    key: 'quantity',
    title: { zh: '数量', en: 'Quantity' },
    unit: ({ language }) => (language === 'zh' ? '股' : 'shares'),
    width: 90,
    numeric: true,
    format: (n) => formatNumber(String(n)),
  },
  {
    key: 'price',
    title: { zh: '限价', en: 'Limit' },
    width: 110,
    numeric: true,
    flash: true,
    format: (n) => formatNumber(String(n), 2),
    after: (_, read) => String(read('currency')),
  },
  {
    key: 'filled',
    title: { zh: '成交', en: 'Filled' },
    width: 100,
    numeric: true,
    format: (n, read) => `${formatNumber(String(Math.round((Number(n) / Number(read('quantity'))) * 100)))}%`,
    bar: (n, read) => Number(n) / Number(read('quantity')),
    tone: (n) => (n === '0' ? 'dim' : ''),
  },
  {
    key: 'hedgedPpm',
    title: { zh: '对冲', en: 'Hedged' },
    unit: () => '%',
    width: 70,
    from: 1_000,
    numeric: true,
    format: (n) => formatNumber(n === null ? null : Number(n) / 10_000, 1),
    tone: (n) => (n !== null && Number(n) < 940_000 ? 'warn' : ''),
  },
  {
    key: 'seq',
    title: { zh: '序号', en: 'Seq' },
    width: 80,
    numeric: true,
    sortable: true,
    format: String,
    tone: () => 'mild',
  },
  {
    key: 'reason',
    title: { zh: '说明', en: 'Note' },
    width: 140,
    grow: true,
    cut: true,
    format: (reason, _, { language }) =>
      reason === null
        ? ''
        : language === 'zh'
          ? '单一标的集中度将达 26.3%，上限 25.0%；最多可再买 1,700 股'
          : 'Concentration would be 26.3%, cap 25.0%; 1,700 shares would pass',
    tone: () => 'mild',
  },
];

const exposures = [
  {
    market: '香港',
    en: 'Hong Kong',
    currency: 'HKD',
    notional: '18246300000',
    net: '209500000',
    used: 0.714,
    tick: 0.92,
    profit: '4126000',
  },
  {
    market: '美国',
    en: 'United States',
    currency: 'USD',
    notional: '9713500000',
    net: '7500000',
    used: 0.582,
    tick: 0.88,
    profit: '-12507000',
  },
  {
    market: '日本',
    en: 'Japan',
    currency: 'JPY',
    notional: '3120800000',
    net: '-13500000',
    used: 0.379,
    tick: 0.75,
    profit: '1884000',
  },
  {
    market: 'A股',
    en: 'A shares',
    currency: 'CNY',
    notional: '6402700000',
    net: '26500000',
    used: 0.863,
    tick: 0.9,
    profit: '7315000',
  },
];

/** Every part once, at the mock's density, over made-up figures. */
export function Parts() {
  const zh = useLanguage() === 'zh';
  const { scale, language } = usePreferences();
  const [selected, setSelected] = useState<string>();
  const [lane, setLane] = useState<string>();
  const orders = useViewport('orders', ORDER_COLUMNS);
  const state = useViewportState(orders);
  const age = useLineAge();
  const ribbon = useQuery({ ...reading('GET /v1/ribbon'), refetchInterval: 1000 });
  const words = (code: string) =>
    zh
      ? ({ import: '转入', reconcile: '核对', analyse: '分析', process: '处理', book: '簿记', 'day-end': '日终' }[code] ?? code)
      : code;
  return (
    <div className="parts-page">
      <Panel
        className="parts-ribbon"
        title={zh ? '全球时段与清算批次' : 'Sessions and batches'}
        about="2026-11-24"
        actions={<RibbonLegend />}
      >
        {ribbon.data !== undefined && (
          <Ribbon
            data={ribbonOf(ribbon.data, language, { business: words, step: words }, businessMicros())}
            lane={lane}
            onLane={setLane}
          />
        )}
      </Panel>
      <Panel
        title={zh ? '敞口与额度' : 'Exposures and limits'}
        about={scaleUnit(scale, language, 'CNY')}
        asOf="#8,412,337"
        age={age}
      >
        <Table
          label={zh ? '敞口' : 'Exposures'}
          rows={exposures}
          keyOf={(row) => row.market}
          columns={[
            {
              key: 'market',
              title: zh ? '市场' : 'Market',
              cell: (row) => (
                <>
                  {zh ? row.market : row.en} <span className="dim">{row.currency}</span>
                </>
              ),
            },
            {
              key: 'notional',
              title: zh ? '名义本金' : 'Notional',
              numeric: true,
              cell: (row) => <Scaled value={row.notional} />,
            },
            { key: 'net', title: zh ? '净敞口' : 'Net', numeric: true, cell: (row) => <Scaled value={row.net} signed /> },
            {
              key: 'used',
              title: zh ? '额度占用' : 'Limit used',
              numeric: true,
              cell: (row) => <Bar ratio={row.used} tick={row.tick} warnAt={0.8} />,
            },
            {
              key: 'profit',
              title: zh ? '当日盈亏' : 'P&L',
              numeric: true,
              cell: (row) => <Scaled value={row.profit} signed />,
            },
          ]}
          total={[
            zh ? '合计' : 'Total',
            <Scaled key="n" value="37483300000" />,
            <Scaled key="d" value="230000000" signed />,
            '',
            <Signed key="p" value="818000" />,
          ]}
        />
      </Panel>
      <Panel
        title={zh ? '委托' : 'Orders'}
        about={`${formatNumber(state.total)} ${zh ? '笔' : 'orders'}`}
        asOf={`#${formatNumber(state.seq)}`}
        age={age}
        actions={
          <>
            <span>
              <KeyHint keys="/" /> {zh ? '筛选' : 'filter'}
            </span>
            <span>
              <KeyHint keys="F9" /> {zh ? '新委托' : 'new order'}
            </span>
            <span>
              <KeyHint keys="Enter" /> {zh ? '穿透' : 'see through'}
            </span>
          </>
        }
      >
        <GridView columns={columns} source={orders} label={zh ? '委托' : 'Orders'} selected={selected} onSelect={setSelected} />
      </Panel>
      <Panel className="parts-side" title={zh ? '穿透' : 'See through'} about={selected ?? ''} actions={<KeyHint keys="Esc" />}>
        <ProblemPanel
          problem={{
            type: '',
            code: 'CONCENTRATION_EXCEEDED',
            title: zh ? '此委托因超过单一标的集中度上限而被拒绝' : 'Refused: concentration in one underlying above its cap',
            status: 422,
            detail: zh
              ? '成交后 SIE.DE 占该客户名义本金 26.3%，合同约定上限 25.0%。'
              : 'SIE.DE would be 26.3% of the client’s notional; the agreement caps it at 25.0%.',
            remedy: zh
              ? '将数量改为 1,700 股以内，或申请临时额度（需双人复核）。'
              : 'Reduce to 1,700 shares, or ask for a temporary limit (four eyes).',
            params: { used: '26.3%', limit: '25.0%', fits: '1,700' },
            trace: 'XETR#8412328',
          }}
        >
          <Button kind="main">{zh ? '改为 1,700 股重报' : 'Resend with 1,700'}</Button>
          <Button>{zh ? '申请临时额度' : 'Ask for a limit'}</Button>
        </ProblemPanel>
        <Facts
          facts={[
            [zh ? '公司' : 'Firm', '40,357.3'],
            [zh ? '客户' : 'Client', <Amount key="c" value="2846.1" digits={1} currency="CNY m" />],
            [
              zh ? '委托' : 'Order',
              <span key="o" className="accent">
                8412328
              </span>,
            ],
          ]}
        />
        <Suspense fallback={null}>
          <Chart label={zh ? '图' : 'Chart'} {...(zh ? CHARTS.zh : CHARTS.en)} />
        </Suspense>
        <Diff
          changes={[
            { field: zh ? '单一标的集中度上限' : 'Concentration cap', before: '25.0%', after: '33.0%' },
            { field: zh ? '到期' : 'Until', before: null, after: '2026-11-25' },
          ]}
        />
      </Panel>
    </div>
  );
}
