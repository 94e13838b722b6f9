/** The work that is measured: pairs of users, one sends and the other receives, with a bounded number unanswered. */

/** Users that only send; each has one receiver of its own. */
export const PAIRS = 8;
export const BODY_BYTES = 116;
/** Messages that one sender may have sent and not yet been answered. */
export const UNANSWERED = 64;

/** How a client puts frames on the wire: several in one WebSocket message, or each in one of its own, written together. */
export type Style = 'packages' | 'frames';

export interface Credential {
  readonly user: string;
  readonly token: string;
}

/** At least as many senders and receivers as there are pairs. */
export interface ImTarget {
  readonly system: 'im';
  readonly url: string;
  readonly style: Style;
  /** False: the receivers are away, and messages count when they are stored. */
  readonly receiving: boolean;
  readonly senders: readonly Credential[];
  readonly receivers: readonly Credential[];
}

/** Where the messages go. */
export type Target = ImTarget | { readonly system: 'mosquitto'; readonly port: number };

export interface Work {
  readonly target: Target;
  /** Names this run: ids of two runs never meet. */
  readonly run: string;
  readonly pairs: number;
  /** 0: unloaded, the next message leaves when nothing at all is under way any more. */
  readonly unanswered: number;
  /** How long the load generator sleeps before it fills the windows again, ms: more arrives at once, and is answered at once. */
  readonly restMs: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** The server's process, for its CPU time and memory. */
  readonly serverPid: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** What one run found. A message counts when it has been stored, answered, pushed and acked. */
export interface Figures {
  readonly messagesPerSecond: number;
  /** User + system of the server's process, µs for each message that counted. */
  readonly serverCpuMicros: number;
  /** Part of one core that the server and the load generator used, 0 to 1. A busy generator would be the limit. */
  readonly serverBusy: number;
  readonly loadBusy: number;
  /** Memory of the server's process at the end, MiB. */
  readonly serverMiB: number;
  /** From send to the answer (`stored`), ms. */
  readonly answer: Percentiles;
  /** From send to receipt by the target, ms. */
  readonly receipt: Percentiles;
  /** All messages of the run; each of them was seen to arrive exactly once, in order. */
  readonly total: number;
}

/** From the login to the moment at which the last message was received and acked. */
export interface Drained {
  readonly messages: number;
  readonly seconds: number;
}

/** What a process that makes load is told to do; it answers with Figures or with Drained. */
export type Task =
  | { readonly task: 'load'; readonly work: Work }
  | { readonly task: 'drain'; readonly url: string; readonly credential: Credential };
