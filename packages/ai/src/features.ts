import type { Features } from './artefact.ts';
import { HORIZON_DAYS } from './rule.ts';

/** Returns needed before a volatility is worth anything. */
export const RETURNS_MIN = 60;
/** Weight of yesterday in the volatility: RiskMetrics 1996. */
const DECAY = 0.94;

/** An account's standing and what it holds. Amounts in one unit of one currency. */
export interface Portfolio {
  readonly equity: number;
  readonly requirement: number;
  /** Signed worth by holding, and the returns of its underlying: daily, simple, oldest first, at least {@link RETURNS_MIN}. */
  readonly holdings: readonly { readonly worth: number; readonly returns: ArrayLike<number> }[];
}

export interface Structure {
  readonly features: Features;
  /** Σ |worth| */
  readonly gross: number;
  /** Of a day's profit or loss, as a share of gross. */
  readonly volatility: number;
}

/**
 * The structural features of an account (结构性特征), every one of them free of scale:
 * `dtb` distance to breach: (equity − requirement) ÷ (gross · σ · √5), σ the EWMA volatility of what is held now over the past
 * sixty days · `cover` equity ÷ requirement · `volTurn` log of the EWMA over the plain volatility of the same days · `concentration`
 * Σ (worth ÷ gross)² · `netGross` |Σ worth| ÷ gross. undefined where they are not defined: nothing held, no requirement, no
 * movement, too short a history.
 */
export function structureOf({ equity, requirement, holdings }: Portfolio): Structure | undefined {
  const gross = holdings.reduce((sum, { worth }) => sum + Math.abs(worth), 0);
  if (!(gross > 0) || !(requirement > 0) || !Number.isFinite(equity)) return undefined;
  if (holdings.some(({ returns }) => returns.length < RETURNS_MIN)) return undefined;
  let [ewma, plain] = [0, 0];
  // Starts from the oldest square, or the first days would count as calm.
  for (let day = 0; day < RETURNS_MIN; day++) {
    let move = 0;
    for (const { worth, returns } of holdings)
      move += (worth / gross) * (returns[returns.length - RETURNS_MIN + day] as number);
    const square = move * move;
    ewma = day === 0 ? square : DECAY * ewma + (1 - DECAY) * square;
    plain += square / RETURNS_MIN;
  }
  if (!(ewma > 0) || !(plain > 0)) return undefined;
  const volatility = Math.sqrt(ewma);
  const net = holdings.reduce((sum, { worth }) => sum + worth, 0);
  return {
    features: {
      dtb: (equity - requirement) / (gross * volatility * Math.sqrt(HORIZON_DAYS)),
      cover: Math.max(COVER_MIN, equity / requirement),
      volTurn: 0.5 * Math.log(ewma / plain),
      concentration: holdings.reduce((sum, { worth }) => sum + (worth / gross) ** 2, 0),
      netGross: Math.abs(net) / gross,
    },
    ...{ gross, volatility },
  };
}

/** Equity may be nothing or less; its logarithm may not. */
const COVER_MIN = 0.01;
