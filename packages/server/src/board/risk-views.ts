import type { AnswerOf } from '@meridian/api';
import type { Principal } from '@meridian/security';
import type { LiveView } from '../http/stream/live-view.ts';
import { polledView, type Row } from '../http/stream/polled-view.ts';
import { exposures } from '../reading/exposure.ts';
import type { ReadingHouse } from '../reading/house.ts';
import { isClient } from '../reading/sight.ts';

type Exposures = AnswerOf<'GET /v1/exposures'>;

/** How often the fold is looked at while somebody watches. */
const EVERY_MS = 250;

export interface RiskViews {
  readonly views: readonly LiveView[];
  close(): void;
}

/**
 * Exposures and margins of the whole firm as live views. An exposure line is a sum over every entity: only somebody who sees
 * all of them sees it. A margin line is one client's.
 */
export function riskViews(house: ReadingHouse, seq: () => number): RiskViews {
  let entities: readonly bigint[] = [];
  let owners = new Map<string, bigint>();
  let latest: { readonly at: number; readonly answer: Promise<Exposures> } | undefined;

  /** Both views look at the same answer when they look at about the same time. */
  function read(): Promise<Exposures> {
    const now = performance.now();
    if (latest === undefined || now - latest.at > EVERY_MS / 2) latest = { at: now, answer: readAnew() };
    return latest.answer;
  }

  async function readAnew(): Promise<Exposures> {
    const { rows } = await house.database.query<{ entity: bigint }>('SELECT DISTINCT entity FROM reference.entity');
    entities = rows.map(({ entity }) => entity);
    const risk = { snapshot: house.risk.snapshot(), positions: house.risk.positions() };
    const sight = { clients: null, entities };
    const answer = await house.database.transaction((db) => exposures(db, sight, risk, house.businessNow()), {
      ...{ isolation: 'repeatable read', readOnly: true },
    });
    owners = new Map(answer.margins.map(({ master, client }) => [master, BigInt(client)]));
    return answer;
  }

  const { logger } = house;
  const seesAll = (principal: Principal) =>
    !isClient(principal) && entities.every((entity) => principal.entities.includes(entity));
  const markets = polledView({
    ...{ name: 'exposures' as const, key: 'market', everyMs: EVERY_MS, logger },
    async read() {
      const { markets: lines, total } = await read();
      return { rows: [...lines, total] as readonly Row[], seq: seq() };
    },
    isVisible: (_, principal) => seesAll(principal),
  });
  const margins = polledView({
    ...{ name: 'margins' as const, key: 'master', everyMs: EVERY_MS, logger },
    async read() {
      const answer = await read();
      return { rows: answer.margins as readonly Row[], seq: seq() };
    },
    isVisible(row, principal) {
      const owner = owners.get(String(row['master']));
      return isClient(principal) ? owner !== undefined && principal.clients.includes(owner) : seesAll(principal);
    },
  });
  return {
    views: [markets, margins],
    close() {
      markets.close();
      margins.close();
    },
  };
}
