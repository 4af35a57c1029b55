/** The ports of one house on one machine. All loopback. */
export interface Ports {
  readonly http: number;
  readonly postgres: number;
  readonly server: number;
  readonly worker: number;
  readonly mail: number;
  readonly markets: Readonly<Record<string, MarketPorts>>;
}

export interface MarketPorts {
  readonly node: number;
  /** FIX of the clients. */
  readonly client: number;
  readonly venue: number;
  /** FIX of the venue: orders and market data. */
  readonly order: number;
  readonly marketData: number;
}

/** What every process of the house is told. */
export interface HouseSettings {
  readonly data: string;
  readonly mode: 'demo' | 'production';
  readonly markets: readonly string[];
  readonly ports: Ports;
  /** Business seconds per wall second in demo mode, at most. */
  readonly speed: number;
}

export type Role = 'venue' | 'node' | 'server' | 'worker' | 'demo';

/** What one process is told: the house, and what it is in it. */
export interface ProcessSettings extends HouseSettings {
  readonly role: Role;
  /** Nodes and venues: their MIC. */
  readonly market?: string;
  readonly databaseUrl: string;
}

export const SETTINGS_VARIABLE = 'MERIDIAN_PROCESS';

/** "node-ARCX", "server". */
export function processName(role: Role, market?: string): string {
  return market === undefined ? role : `${role}-${market}`;
}

/** Ports in one block from `base` on: five of the house, then five a market. */
export function portsFrom(base: number, markets: readonly string[]): Ports {
  const of = (i: number): MarketPorts => {
    const first = base + 5 + i * 5;
    return { node: first, client: first + 1, venue: first + 2, order: first + 3, marketData: first + 4 };
  };
  return {
    http: base,
    postgres: base + 1,
    server: base + 2,
    worker: base + 3,
    mail: base + 4,
    markets: Object.fromEntries(markets.map((market, i) => [market, of(i)])),
  };
}

export function portCount(markets: readonly string[]): number {
  return 5 + markets.length * 5;
}
