/** Exports what removed users have not received, before it goes with their mailboxes. */
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import type { LoginFlags } from '../login/login.js';
import { operatorLogin } from '../login/operator-login.js';
import { isServed, resolveTarget } from '../login/target.js';
import type { Output } from '../output/output.js';
import { writeExport } from '../queues/export-writer.js';
import { withMessages } from '../queues/queue-reader.js';

/**
 * Writes the undelivered messages to these users to a new file, which is durable when it resolves.
 * @throws as writeExport and withMessages
 */
export async function exportUndelivered(
  users: readonly string[],
  file: string,
  flags: LoginFlags,
  output: Output,
): Promise<void> {
  const target = await resolveTarget(flags);
  const login = isServed(target) ? await operatorLogin(flags, target, output) : undefined;
  const user = users.length === 1 ? users[0] : undefined;
  const seqs = await withMessages({ user }, 'undelivered', target, login, output, (batches) =>
    writeExport(file, onlyTo(new Set(users), batches)),
  );
  output.note(
    seqs.length > 0
      ? safe`im: ${plural(seqs.length, 'message')} exported to ${inline(file)}`
      : safe`im: no undelivered messages: nothing exported`,
  );
}

async function* onlyTo(
  users: ReadonlySet<string>,
  batches: AsyncIterable<readonly QueuedMessage[]>,
): AsyncGenerator<QueuedMessage[]> {
  for await (const messages of batches) {
    const theirs = messages.filter(({ to }) => users.has(to));
    if (theirs.length > 0) yield theirs;
  }
}
