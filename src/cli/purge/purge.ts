/** `im purge`: exports the messages that are meant, and deletes them when the export is on disk. */
import { realFiles } from '../../io/files.js';
import type { PurgeOutcome } from '../../protocol/frames/purge.js';
import { QUEUE } from '../../protocol/limits.js';
import { messagesOf } from '../../queue-admin/queue-scan.js';
import type { QueueSource } from '../../queue-admin/queue-source.js';
import { rangesOf } from '../../queue-admin/seq-ranges.js';
import { inline, safe } from '../../text/safe-text.js';
import { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import type { LoginFlags } from '../login/login.js';
import { resolveTarget } from '../login/target.js';
import { printPortions } from '../queues/inspect-print.js';
import { UnreadableMailboxes } from '../queues/open-queues.js';
import { type FilterFlags, filterOf } from '../queues/queue-flags.js';
import { auditedFilter, type RunPorts } from '../replay/operator-run.js';
import { writeExport } from './export-writer.js';
import { openPurge } from './open-purge.js';
import type { PurgeBackend } from './purge-backend.js';

interface PurgeFlags extends FilterFlags, LoginFlags {
  readonly user: string;
  readonly limit?: number | undefined;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly export?: string | undefined;
}

/** Returns how it ended. @throws Failure */
export async function purge(flags: PurgeFlags, ports: RunPorts): Promise<Exit> {
  const { user, yes, 'dry-run': dryRun } = flags;
  if (!yes && !dryRun) {
    throw new Failure('usage', `it is not said whether messages to ${user} are really meant to be deleted`, {
      next: '--dry-run shows which they are; --yes deletes them',
    });
  }
  const { stdin, output, clock } = ports;
  const { lend, openBackend } = await openPurge(flags, await resolveTarget(flags), { stdin, output, clock });
  return lend(async (source) => {
    if (dryRun) return showOnly(flags, source, ports);
    const backend = await openBackend();
    try {
      return await exportAndPurge(flags, source, backend, ports);
    } finally {
      await backend.close();
    }
  });
}

/** What is meant. @throws Failure at the end, when not all could be read: then nothing is deleted. */
async function* meant({ user, limit, ...flags }: PurgeFlags, source: QueueSource, { output, clock }: RunPorts) {
  const unreadable = new UnreadableMailboxes(output);
  const filter = filterOf(flags, 'undelivered', clock.now());
  yield* messagesOf({ source, filter, unreadable: unreadable.note }, limit);
  unreadable.throwIfAny();
}

async function showOnly(flags: PurgeFlags, source: QueueSource, ports: RunPorts): Promise<Exit> {
  const { output, clock } = ports;
  const count = await printPortions(
    meant(flags, source, ports),
    { shown: { body: true, status: false }, now: clock.now() },
    output,
  );
  output.note(safe`im: ${count} messages; nothing was done`);
  return 'done';
}

async function exportAndPurge(
  flags: PurgeFlags,
  source: QueueSource,
  backend: PurgeBackend,
  ports: RunPorts,
): Promise<Exit> {
  const { output, clock, signal } = ports;
  const { user, export: file = usualFile(user, clock.now()) } = flags;
  const stop = new Cancellation(signal, clock);
  const seqs = await writeExport(realFiles, file, meant(flags, source, ports));
  if (seqs.length > 0) output.note(safe`im: ${seqs.length} messages are exported to ${inline(file)}`);
  const outcomes: PurgeOutcome[] = [];
  while (outcomes.length < seqs.length && !stop.exit) {
    const batch = seqs.slice(outcomes.length, outcomes.length + QUEUE.maxMessagesPerFrame);
    outcomes.push(...(await backend.purge(user, batch)));
  }
  const purged = seqs.filter((_, index) => outcomes[index] === 'purged');
  const run = {
    run: ports.newId(),
    what: 'purge',
    user,
    done: purged.length,
    left: seqs.length - purged.length,
  } as const;
  const ranges = rangesOf(purged);
  await backend.audit({ ...run, filter: auditedFilter(ports), ...(ranges.length > 0 && { ranges }) });
  const meanwhile = outcomes.filter((outcome) => outcome === 'delivered').length;
  const late = meanwhile === 0 ? safe`` : safe`; ${meanwhile} were delivered meanwhile`;
  if (output.json) await output.object(seqs.length > 0 ? { ...run, file } : run);
  else await output.line(safe`${run.done} of ${seqs.length} messages to ${inline(user)} were purged${late}`);
  if (stop.exit) return stop.exit;
  if (outcomes.includes('full')) throw tooMany(user, run.left - meanwhile);
  return 'done';
}

/** In the current folder; no file is ever written over. */
const usualFile = (user: string, now: number): string =>
  `purged-${user}-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')}Z.jsonl`;

const tooMany = (user: string, left: number): Failure =>
  new Failure('refused', `${left} messages to ${user} were not purged`, {
    why: `as many purged ones wait for ${user} as messages may`,
    next: `they go when ${user} logs in`,
  });
