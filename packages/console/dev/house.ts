import type { AnswerOf } from '@meridian/api';
import { BEIJING } from '../src/format/time.ts';

/** A stand-in for the house: made-up answers from a seed, so that parts can be looked at and measured alone. Development only. */
const START = Temporal.ZonedDateTime.from('2026-11-24T16:22:41[Asia/Shanghai]').epochMilliseconds;
const began = performance.now();
export const businessMicros = () => (START + (performance.now() - began)) * 1000;
const text = (micros: number) => new Date(micros / 1000).toISOString();

/** Lehmer's generator: the same page every time. */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

type Ribbon = AnswerOf<'GET /v1/ribbon'>;
type Lane = Ribbon['lanes'][number];

interface Plan {
  readonly market: string;
  readonly mics: readonly string[];
  readonly name: readonly [string, string];
  readonly zone: string;
  readonly hours: readonly (readonly [string, string, 'continuous' | 'auction'])[];
  readonly batch: readonly [begin: string, due: string, done: number, state: 'published' | 'running' | 'failed' | 'planned'];
  readonly note?: readonly [string, string];
}

const plans: readonly Plan[] = [
  {
    market: 'CN',
    mics: ['XSHG', 'XSHE'],
    name: ['沪深', 'Shanghai'],
    zone: BEIJING,
    hours: [
      ['09:15', '09:25', 'auction'],
      ['09:30', '11:30', 'continuous'],
      ['13:00', '15:00', 'continuous'],
    ],
    batch: ['15:30', '17:30', 3, 'running'],
  },
  {
    market: 'HK',
    mics: ['XHKG'],
    name: ['香港', 'Hong Kong'],
    zone: 'Asia/Hong_Kong',
    hours: [
      ['09:00', '09:30', 'auction'],
      ['09:30', '12:00', 'continuous'],
      ['13:00', '16:00', 'continuous'],
      ['16:00', '16:10', 'auction'],
    ],
    batch: ['16:14', '18:30', 1, 'failed'],
  },
  {
    market: 'JP',
    mics: ['XTKS'],
    name: ['东京', 'Tokyo'],
    zone: 'Asia/Tokyo',
    hours: [
      ['09:00', '11:30', 'continuous'],
      ['12:30', '15:30', 'continuous'],
    ],
    batch: ['14:45', '17:00', 5, 'published'],
  },
  {
    market: 'EU',
    mics: ['XETR', 'XPAR'],
    name: ['法兰克福', 'Frankfurt'],
    zone: 'Europe/Berlin',
    hours: [
      ['09:00', '17:30', 'continuous'],
      ['17:30', '17:35', 'auction'],
    ],
    batch: ['01:00+1', '03:00+1', 0, 'planned'],
  },
  {
    market: 'US',
    mics: ['XNYS', 'XNAS'],
    name: ['纽约', 'New York'],
    zone: 'America/New_York',
    hours: [
      ['04:00', '09:30', 'auction'],
      ['09:30', '16:00', 'continuous'],
      ['16:00', '20:00', 'auction'],
    ],
    batch: ['05:20', '08:30', 5, 'published'],
    note: ['11/26 感恩节休市', '26 Nov Thanksgiving'],
  },
];
const steps = ['import', 'reconcile', 'analyse', 'process', 'book'];
const DAY = Temporal.PlainDate.from('2026-11-24');

function wall(zone: string, days: number, time: string): number {
  const [clock = '', next] = time.split('+');
  const plainTime = Temporal.PlainTime.from(clock);
  return (
    DAY.add({ days: days + (next === undefined ? 0 : 1) }).toZonedDateTime({ timeZone: zone, plainTime }).epochMilliseconds *
    1000
  );
}

export function ribbon(): Ribbon {
  const from = wall(BEIJING, 0, '04:00');
  const now = businessMicros();
  return {
    from: text(from),
    to: text(from + 86_400_000_000),
    now: text(now),
    lanes: plans.map((plan): Lane => {
      const sessions = [-1, 0, 1].flatMap((day) =>
        plan.hours.map(([open, close, kind]) => ({
          date: DAY.add({ days: day }).toString(),
          open: text(wall(plan.zone, day, open)),
          close: text(wall(plan.zone, day, close)),
          kind,
        })),
      );
      return {
        market: plan.market,
        markets: [...plan.mics],
        name: { zh: plan.name[0], en: plan.name[1] },
        zone: plan.zone,
        open: sessions.some(({ open, close }) => Date.parse(open) * 1000 <= now && now < Date.parse(close) * 1000),
        note: plan.note === undefined ? null : { zh: plan.note[0], en: plan.note[1] },
        sessions,
        batches: [batch(plan)],
      } as Lane;
    }),
  };
}

function batch({ market, batch: [begin, due, done, state] }: Plan): Lane['batches'][number] {
  const start = wall(BEIJING, 0, begin);
  const minute = 60_000_000;
  const lengths = [12, 9, 8, 20, 14].map((each) => (state === 'failed' ? each / 3 : each) * minute);
  let at = start;
  return {
    batch: `${market}-1`,
    business: 'day-end',
    date: '2026-11-24',
    state,
    attempt: 1,
    step: done,
    steps: steps.map((name, i) => {
      const begun = state !== 'planned' && i <= done && i < steps.length;
      const ended = i < done;
      const from = at;
      at += lengths[i] as number;
      return {
        name,
        state: ended ? 'done' : begun ? (state === 'failed' ? 'failed' : 'running') : 'waiting',
        start: begun ? text(from) : null,
        end: ended || (begun && state === 'failed') ? text(at) : null,
      };
    }),
    start: text(start),
    end: state === 'published' ? text(at) : null,
    due: text(wall(BEIJING, 0, due)),
    message:
      state === 'failed'
        ? {
            zh: '距截止 2:07 · 核对失败：2 笔成交缺少对手方回报',
            en: '2:07 to deadline · reconcile failed: 2 fills without a counterparty report',
          }
        : null,
  } as Lane['batches'][number];
}

export const session: AnswerOf<'GET /v1/session'> = {
  user: 'trader',
  title: { zh: '交易台', en: 'Trading desk' },
  duties: ['trader'],
  jurisdiction: 'CN',
  clients: [],
  entities: ['1'],
  allowed: [
    'session.read',
    'overview.read',
    'search',
    'calendar.read',
    'order.read',
    'order.check',
    'order.enter',
    'order.cancel',
    'kill.preview',
    'kill.engage',
    'account.read',
    'contract.read',
    'limit.read',
    'risk.read',
    'batch.read',
    'ledger.read',
    'report.read',
    'mail.read',
    'approval.read',
    'audit.read',
    'user.read',
    'model.read',
    'decision.read',
    'trace.read',
  ],
  strong: true,
  pending: 'none',
  factors: ['totp'],
  csrf: 'development',
  expires: '2026-11-24T20:00:00.000000Z',
  environment: 'demo',
  businessTime: text(START * 1000),
};

export function house(): AnswerOf<'GET /v1/house'> {
  const clocks = ribbon().lanes.map((lane) => ({
    market: lane.markets[0] as string,
    name: lane.name,
    zone: lane.zone,
    open: lane.open,
    phase: '',
  }));
  const london = { market: 'XLON', name: { zh: '伦敦', en: 'London' }, zone: 'Europe/London', open: true, phase: '' };
  return {
    environment: 'demo',
    businessTime: text(businessMicros()),
    nodes: ['XHKG', 'XNYS', 'XTKS', 'XETR', 'XSHG'].map((market, i) => ({
      market,
      seq: 8_412_337 - i * 1_000_003,
      stateHash: '0',
      leader: '',
      lag: 0,
      orders: 0,
    })),
    approvals: 4,
    alerts: 3,
    clocks: [...clocks.slice(0, 4), london, ...clocks.slice(4)],
  };
}

const answers: Readonly<Record<string, () => unknown>> = {
  'GET /v1/session': () => session,
  'GET /v1/house': house,
  'GET /v1/ribbon': ribbon,
  'GET /v1/kill': () => [],
  'GET /v1/search': () => [{ kind: 'order', id: '8412328', label: 'SIE.DE', path: '/orders/XETR/8412328' }],
  'POST /v1/kill/preview': () => ({
    scope: 'firm',
    name: 'FIRM',
    orders: 62,
    children: 118,
    quantity: '412300',
    asOf: [{ market: 'XHKG', seq: 8_412_337 }],
    engaged: false,
  }),
};

/** Answers what pages ask for, without a network. What is not among the answers is refused as the house would. */
export async function answer(input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const { pathname } = new URL(String(input), location.origin);
  const made = answers[`${init.method ?? 'GET'} ${pathname}`]?.();
  if (made !== undefined) return Response.json(made);
  const problem = {
    type: '',
    code: 'NOT_HERE',
    title: 'Not here',
    status: 404,
    detail: pathname,
    remedy: 'Start the house',
    params: {},
  };
  return Response.json(problem, { status: 404 });
}
