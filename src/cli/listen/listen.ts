/** `im listen`: shows what comes until there was enough, time is up, or somebody says stop. */
import type { Client } from '../../client/client.js';
import type { ClientEvent, IncomingMessage } from '../../client/events.js';
import type { Clock } from '../../io/clock.js';
import { inline, safe } from '../../text/safe-text.js';
import { offlineText, onlineText } from '../connect/line-text.js';
import { chatFailure } from '../errors/client-failure.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { formatDuration } from '../output/duration.js';
import type { Output } from '../output/output.js';
import type { UnmatchedMessages } from './unmatched-messages.js';

interface ListenJob {
  readonly user: string;
  /**
   * Shows one message: prints it, or runs a command. Resolves with whether that was needed: an earlier process may have done
   * it. What it throws ends everything, and the message is not acked.
   */
  readonly show: (message: IncomingMessage) => Promise<boolean>;
  /** Only these are listened to; what others send is set aside. */
  readonly only?: { readonly from: readonly string[]; readonly aside: UnmatchedMessages } | undefined;
  /** End after so many. */
  readonly count?: number | undefined;
  /** End after so long; with `count` that is a failure, without it only when the server was not reached. */
  readonly timeoutMs?: number | undefined;
}

interface ListenPorts {
  readonly output: Output;
  readonly clock: Clock;
  readonly signal: Promise<Exit>;
}

/** @param connect starts the client that hands over the messages. Resolves when it has ended, with what it was acked. */
export async function listen(
  { user, show, only, count, timeoutMs }: ListenJob,
  { output, clock, signal }: ListenPorts,
  connect: (onMessage: (message: IncomingMessage) => Promise<void>) => Client,
): Promise<Exit> {
  let shown = 0;
  let kept = 0;
  let why: Exit | 'enough' | 'late' | undefined;

  const stop = (because: typeof why): void => {
    why ??= because;
    client.close();
  };
  const client = connect(async (message) => {
    if (only && !only.from.includes(message.from)) {
      if (await only.aside.keep(message)) kept += 1;
      return;
    }
    if (await show(message)) shown += 1;
    if (shown === count) stop('enough');
  });
  const connection = new Connection(user, output);
  client.subscribe((event) => connection.tell(event));
  const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => stop('late'));
  signal.then(stop);

  const end = await client.ended;
  timer?.cancel();
  if (kept > 0) output.note(safe`${kept} from others kept, unread: im connect ${inline(user)} shows them`);
  if (why === undefined) throw chatFailure(end, user);
  if (why !== 'late') return why === 'enough' ? 'done' : why;
  const time = formatDuration(timeoutMs ?? 0);
  if (!connection.wasOnline) {
    throw new Failure('not-stored', `the server was not reached within ${time}`, { next: 'im doctor says more' });
  }
  if (count !== undefined) throw new Failure('not-stored', `${shown} of ${count} messages came within ${time}`);
  return 'done';
}

/** Says once that the connection is gone, and that it is back; nothing while all is well. */
class Connection {
  wasOnline = false;
  #isMissed = false;

  constructor(
    private readonly user: string,
    private readonly output: Output,
  ) {}

  tell(event: ClientEvent): void {
    if (event.type === 'online') {
      this.wasOnline = true;
      if (this.#isMissed) this.output.note(onlineText(this.user, event));
      this.#isMissed = false;
    } else if (event.type === 'offline') {
      if (!this.#isMissed) this.output.note(offlineText(event));
      this.#isMissed = true;
    }
  }
}
