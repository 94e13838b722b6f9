/** The limits of the client: connecting, outbox, inbox, state folder. */
export const CLIENT = {
  /** Backoff with full jitter between attempts to connect. */
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
  /** After this long online the backoff starts again from the base. */
  backoffResetMs: 60_000,
  /** Time to connect and log in, and to close. */
  connectTimeoutMs: 10_000,
  /** The longest wait that a server can ask for with `bye`. */
  maxRetryAfterMs: 60_000,
  /** Messages in the outbox, and bytes of their bodies; beyond it `send` throws OutboxFull. */
  maxQueued: 100_000,
  maxQueuedBytes: 64 * 1024 * 1024,
  /** Stored messages whose delivery is tracked; beyond it the oldest is not tracked any more. */
  maxTracked: 100_000,
  /** How long after the login, and then after twice as long each time, the server is asked again about what is not delivered. */
  askAgainMs: 30_000,
  askAgainCapMs: 10 * 60_000,
  /** Failed messages that the server no longer had, and is asked for after a reconnect. Beyond it the oldest is not. */
  maxGone: 1_000,
  /** Bytes that the transport may buffer; beyond it the outbox waits. */
  maxBufferedBytes: 1024 * 1024,
  /** Received messages that wait to be shown; beyond it the connection is not read. */
  maxUnshown: 1_024,
  /** Received messages whose ids are kept, so that they are recognized when the server starts a new epoch. */
  keptReceivedIds: 10_000,
  /** Bytes of the journal in the state folder after which the state is written again: a start reads them in about 50 ms. */
  rewriteBytes: 4 * 1024 * 1024,
  /** Messages in one call of `onMessages`. */
  maxShownBatch: 256,
  /** How long a client that ends waits for `onMessage`. Shorter than `takeoverMs`. */
  finishShowingMs: 3_000,
  /** How long a client that is closed waits until it can ack what it has shown, while it is online or connecting. */
  finishAckMs: 1_000,
  /** How often to try to lock a state folder that another process holds. */
  lockRetryMs: 100,
  /** How often an offline client checks whether a newer process of the same user requests its state folder. */
  takeoverPollMs: 500,
  /** How long an operator's request waits for its answer. */
  requestTimeoutMs: 10_000,
  /** How long a newer client waits for the older one of the same user to release the state folder. */
  takeoverMs: 5_000,
  /** Backoff between retries after a retryable refusal, for each recipient. */
  retryBaseMs: 500,
  retryCapMs: 30_000,
} as const;
