/** The measured work: pairs of a sender and a receiver, with a limited number of unanswered messages. Types and constants. */

/** Number of senders; each has its own receiver. */
export const PAIRS = 8;
export const BODY_BYTES = 116;
/** Unanswered messages per sender. */
export const UNANSWERED = 64;

/** `packages`: several frames in one WebSocket message. `frames`: one WebSocket message per frame, in one write. */
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
  /** False: the receivers are offline, and a message counts when it is stored. */
  readonly receiving: boolean;
  readonly senders: readonly Credential[];
  readonly receivers: readonly Credential[];
}

/** An XMPP server with the users a0, b0, a1, b1 … and one password. */
export interface XmppTarget {
  readonly system: 'xmpp';
  readonly port: number;
  /** The part of an address after the @. */
  readonly host: string;
  readonly password: string;
}

/** The system under load. */
export type Target = ImTarget | XmppTarget | PortTarget<'mosquitto'> | PortTarget<'nats'>;

interface PortTarget<System> {
  readonly system: System;
  readonly port: number;
}

export interface Work {
  readonly target: Target;
  /** Unique name of this run; part of all message ids. */
  readonly run: string;
  readonly pairs: number;
  /** Unanswered messages per sender. 0: unloaded, the next message leaves when nothing is in flight any more. */
  readonly unanswered: number;
  /** Pause of the load generator before it refills the windows, ms. A pause makes larger batches. */
  readonly restMs: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  /** For CPU time and memory of the server. */
  readonly serverPid: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

/** The result of one run. A message counts when it has been stored, answered, pushed and acked. */
export interface Figures {
  readonly messagesPerSecond: number;
  /** User + system time of the server process per counted message, µs. */
  readonly serverCpuMicros: number;
  /** Fraction of one core that the server and the load generator used, 0 to 1. A saturated generator would be the limit. */
  readonly serverBusy: number;
  readonly loadBusy: number;
  /** Memory of the server process at the end, MiB. */
  readonly serverMiB: number;
  /** From send to the answer (`stored`), ms. */
  readonly answer: Percentiles;
  /** From send to receipt by the recipient, ms. */
  readonly receipt: Percentiles;
  /** All messages of the run; each arrived exactly once, in order. */
  readonly total: number;
}

/** A drained mailbox: from login to the ack of the last message. */
export interface Drained {
  readonly messages: number;
  readonly seconds: number;
}

/** A mailbox with so many undelivered messages, drained by the client library. */
export interface LibraryDrain {
  readonly url: string;
  readonly credential: Credential;
  readonly device: string;
  readonly messages: number;
  readonly stateFolder: string | undefined;
}

/** `cpuSeconds`: user + system time of the client in these `seconds`. */
export interface LibraryDrained extends Drained {
  readonly cpuSeconds: number;
}

/** The task of a load process. Its result is Figures or Drained. */
export type Task =
  | { readonly task: 'load'; readonly work: Work }
  | { readonly task: 'drain'; readonly url: string; readonly credential: Credential }
  | { readonly task: 'library'; readonly work: LibraryDrain };

/** Idle sessions of one load process: `count` of the credentials in the file, from `first` on. */
export interface IdleWork {
  readonly url: string;
  readonly credentialsFile: string;
  readonly first: number;
  readonly count: number;
  /** The source address: each has ports of its own. */
  readonly address: string;
  /** Logins that are under way at a time. */
  readonly atOnce: number;
}

/** What an idle load process prints when its last session is logged in. ms since 1970. */
export interface Welcomed {
  readonly startedAt: number;
  readonly welcomedAt: number;
}

/** What it prints at its end. */
export interface Held {
  readonly heartbeats: number;
  readonly answers: number;
}
