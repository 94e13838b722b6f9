/** `im purge`: exports undelivered messages to a file, and deletes them when the file is durable. */
import { randomUUID } from 'node:crypto';
import { boolean } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { systemClock as clock } from '../../io/clock.js';
import type { PurgeOutcome } from '../../protocol/frames/purge.js';
import { QUEUE } from '../../protocol/limits.js';
import type { QueuedMessage } from '../../queue-admin/queue-source.js';
import { rangesOf } from '../../queue-admin/seq-ranges.js';
import { MAILBOX } from '../../store/limits.js';
import { inline, plural, safe } from '../../text/safe-text.js';
import { againIfServed } from '../accounts/wait-for-lock.js';
import { commonFlags, exportFile } from '../app/flags.js';
import { Cancellation } from '../async/cancellation.js';
import type { Exit } from '../errors/exit-codes.js';
import { Failure } from '../errors/failure.js';
import { operatorLogin } from '../login/operator-login.js';
import { isServed, resolveTarget } from '../login/target.js';
import { defaultExportName, writeExport } from '../queues/export-writer.js';
import { filterFlags } from '../queues/queue-flags.js';
import { withMessages } from '../queues/queue-reader.js';
import { auditedFilter, printDryRun, printResult, type RunPorts } from '../replay/operator-run.js';
import { openFolderPurge, openServerPurge, type PurgeBackend } from './purge-backend.js';

export const purgeFlags = {
  ...filterFlags,
  'dry-run': boolean({
    description: 'show the messages and do nothing',
    env: 'IM_PURGE_DRY_RUN',
    exclusive: ['yes'],
  }),
  yes: boolean({ description: 'export and delete them', env: 'IM_PURGE_YES' }),
  export: exportFile({
    description: 'the file to create for them; default: purged-USER-TIME.jsonl',
    helpValue: 'FILE',
    env: 'IM_PURGE_EXPORT',
  }),
  ...commonFlags,
};

/** The values of these flags, and of the argument USER. */
type PurgeFlags = InferredFlags<typeof purgeFlags> & { readonly user: string };

/** Resolves with how it ended. A server that has just started on the folder purges there itself. @throws Failure */
export async function purge(flags: PurgeFlags, ports: RunPorts): Promise<Exit> {
  const { yes, 'dry-run': dryRun } = flags;
  if (!yes && !dryRun) {
    throw new Failure('usage', 'missing: --yes or --dry-run', {
      next: '--dry-run shows the messages; --yes deletes them',
    });
  }
  return againIfServed(() => tryPurge(flags, ports));
}

async function tryPurge(flags: PurgeFlags, ports: RunPorts): Promise<Exit> {
  const { output } = ports;
  const target = await resolveTarget(flags);
  const login = isServed(target) ? await operatorLogin(flags, target, output) : undefined;
  return withMessages(flags, 'undelivered', target, login, output, async (messages) => {
    if (flags['dry-run']) return printDryRun(messages, output);
    const backend = login ? openServerPurge(login) : await openFolderPurge(target.data);
    try {
      return await exportAndPurge(flags, messages, backend, ports);
    } finally {
      await backend.close();
    }
  });
}

/** @throws Failure before anything is deleted, if a mailbox could not be read or the export not written. */
async function exportAndPurge(
  flags: PurgeFlags,
  messages: AsyncIterable<readonly QueuedMessage[]>,
  backend: PurgeBackend,
  ports: RunPorts,
): Promise<Exit> {
  const { output, signal } = ports;
  const { user, export: file = defaultExportName(user, clock.now()) } = flags;
  const cancellation = new Cancellation(signal, clock);
  const seqs = await writeExport(file, messages);
  if (seqs.length > 0) output.note(safe`im: ${plural(seqs.length, 'message')} exported to ${inline(file)}`);
  const outcomes: PurgeOutcome[] = [];
  while (outcomes.length < seqs.length && !cancellation.exit) {
    const batch = seqs.slice(outcomes.length, outcomes.length + QUEUE.maxMessagesPerFrame);
    outcomes.push(...(await backend.purge(user, batch)));
  }
  const purged = seqs.filter((_, index) => outcomes[index] === 'purged');
  const run = {
    run: randomUUID(),
    what: 'purge',
    user,
    done: purged.length,
    left: seqs.length - purged.length,
  } as const;
  const ranges = rangesOf(purged);
  await backend.audit({ ...run, filter: auditedFilter(ports), ...(ranges.length > 0 && { ranges }) });
  const delivered = outcomes.filter((outcome) => outcome === 'delivered').length;
  const late = delivered === 0 ? safe`` : safe`; ${delivered} delivered meanwhile`;
  const text = safe`${run.done} of ${plural(seqs.length, 'message')} to ${inline(user)} purged${late}`;
  const printing = printResult(output, seqs.length > 0 ? { ...run, file } : run, text);
  await Promise.allSettled([printing]);
  if (cancellation.exit) return cancellation.exit;
  if (outcomes.includes('full')) throw tooMany(user, run.left - delivered);
  await printing;
  return 'done';
}

const tooMany = (user: string, left: number): Failure =>
  new Failure('refused', `${plural(left, 'message')} to ${user} not purged`, {
    why: `the mailbox keeps at most ${MAILBOX.maxUndelivered.toLocaleString('en')} purged messages until ${user} logs in`,
    next: `run it again when ${user} has logged in`,
  });
