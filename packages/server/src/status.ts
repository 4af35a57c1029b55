/** What `meridian status` and /v1/status tell. Counts and hashes; nothing that points at a client. */
export interface HouseStatus {
  readonly mode: 'demo' | 'production';
  /** Business time, ISO 8601 UTC. */
  readonly businessTime: string | null;
  readonly processes: readonly ProcessStatus[];
  readonly nodes: readonly NodeStatus[];
  readonly orders: number;
  readonly fills: number;
  readonly contracts: { readonly open: number; readonly closed: number; readonly backToBack: number };
  readonly exceptions: number;
  readonly marginCalls: { readonly raised: number; readonly met: number; readonly breached: number };
  readonly batches: readonly BatchStatus[];
  readonly clientDays: number;
  readonly mails: { readonly queued: number; readonly sent: number };
}

export interface ProcessStatus {
  readonly name: string;
  readonly pid: number;
  readonly state: 'up' | 'down';
  readonly restarts: number;
}

export interface NodeStatus {
  readonly market: string;
  readonly seq: number;
  readonly stateHash: string;
  /** The process that leads the market. */
  readonly leader: string;
  /** Commands the books are behind the node. */
  readonly lag: number;
  readonly orders: number;
}

export interface BatchStatus {
  readonly batch: string;
  readonly market: string;
  readonly businessDate: string;
  readonly state: string;
  readonly attempt: number;
}
