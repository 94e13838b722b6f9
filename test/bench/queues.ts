/**
 * `im inspect-queue` on a large folder. Goals: a summary in under 5 s and 300 MB, and a listing in constant memory.
 * `node build/test/bench/queues.js [messages] [mailboxes]`. Default: 1,000,000 undelivered messages in 10,000 mailboxes, in /var/tmp.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openFileStore } from '../../src/file-store/store/file-store.js';
import { systemClock } from '../../src/io/clock.js';
import { silentLog } from '../../src/io/log.js';
import { append } from '../harness/append.js';
import { BODY_BYTES } from './work.js';

const [messages = 1_000_000, mailboxes = 10_000] = process.argv.slice(2).map(Number);
const IM = join(import.meta.dirname, '../../../bin/run.js');
const BODY = 'x'.repeat(BODY_BYTES);
/** Messages stored at a time. */
const BATCH = 10_000;

/** A module that prints the resource usage of its process on stderr at exit. */
const PRINT_USAGE = `data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => process._rawDebug("used", JSON.stringify(process.resourceUsage())))',
)}`;

/** Puts half of the messages into the mailbox files and leaves the rest in the journal, as after a kill of the server. */
async function fill(folder: string): Promise<void> {
  let store = await openFileStore({ folder, clock: systemClock, log: silentLog });
  for (let stored = 0; stored < messages; ) {
    const batch = Array.from({ length: Math.min(BATCH, messages - stored) }, (_, index) => {
      const number = stored + index;
      const to = `user${String(number % mailboxes).padStart(5, '0')}`;
      return append(store, { to, from: `sender${number % 97}`, id: `id-${number}`, body: BODY, at: Date.now() });
    });
    await Promise.all(batch);
    stored += batch.length;
    if (stored !== messages / 2) continue;
    await store.close();
    store = await openFileStore({ folder, clock: systemClock, log: silentLog });
  }
}

async function measure(folder: string, script: string): Promise<void> {
  const env = { ...process.env, NODE_OPTIONS: `--import=${PRINT_USAGE}`, IM, NODE: process.execPath, IM_DATA: folder };
  const begun = performance.now();
  const child = spawn('sh', ['-c', `im() { "$NODE" "$IM" "$@"; }; ${script}`], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let bytes = 0;
  let stderr = '';
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const [code] = (await once(child, 'close')) as [number];
  const ms = Math.round(performance.now() - begun);
  const used = JSON.parse(/^used (.*)$/m.exec(stderr)?.[1] ?? '{}') as Partial<NodeJS.ResourceUsage>;
  const cpuMs = Math.round(((used.userCPUTime ?? 0) + (used.systemCPUTime ?? 0)) / 1000);
  const megabytes = Math.round((used.maxRSS ?? 0) / 1000);
  const figures = [`${ms} ms`, `${cpuMs} ms CPU`, `${megabytes} MB`, `${bytes} bytes printed`, `exit code ${code}`];
  console.log(script.padEnd(40), ...figures.map((figure) => figure.padStart(14)));
  if (code !== 0) console.log(stderr.slice(0, 500));
}

if (process.argv[4] === 'fill') {
  await fill(process.argv[5] as string);
  process.kill(process.pid, 'SIGKILL'); // no clean shutdown: no checkpoint
}
const folder = await mkdtemp('/var/tmp/im-bench-');
try {
  // In a child process, which kills itself.
  const filling = spawn(process.execPath, [import.meta.filename, String(messages), String(mailboxes), 'fill', folder], {
    stdio: 'inherit',
  });
  await once(filling, 'exit');
  console.log(`${messages} undelivered in ${mailboxes} mailboxes, half of them in the journal only`);
  await measure(folder, 'im inspect-queue --summary');
  await measure(folder, 'im inspect-queue --check --crit-age 1d');
  await measure(folder, 'im inspect-queue --json');
  await measure(folder, 'im inspect-queue --no-body');
  await measure(folder, 'im inspect-queue | head -1');
  await measure(folder, 'im inspect-queue user00042');
  await measure(folder, 'im trace id-42');
} finally {
  await rm(folder, { recursive: true });
}
