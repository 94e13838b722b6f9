/** Growth and drain: the cost of storing while a million messages pile up, and how fast one mailbox drains. */
import { median } from './median.js';
import type { ImServer } from './server-im.js';
import { drainMailbox, nameRun, runLoadProcess } from './task.js';
import { PAIRS, UNANSWERED } from './work.js';

const STORED = 1_000_000;
const SLICE_MS = 1_000;
const DRAINS = 5;

export interface Growth {
  readonly stored: number;
  readonly perSecond: number;
  /** Server CPU per message, µs: in the first and in the last third. */
  readonly firstMicros: number;
  readonly lastMicros: number;
  readonly serverMiB: number;
  readonly drainedMailboxSize: number;
  readonly drainedPerSecond: number;
}

interface Slice {
  readonly perSecond: number;
  readonly micros: number;
  readonly serverMiB: number;
}

/** Per message. Not a median: a checkpoint takes one or two slices of a third, and counts with all that it costs. */
function meanMicros(slices: readonly Slice[]): number {
  const messages = slices.reduce((sum, { perSecond }) => sum + perSecond, 0);
  return slices.reduce((sum, { micros, perSecond }) => sum + micros * perSecond, 0) / messages;
}

export async function measureGrowth({ target, pid }: ImServer): Promise<Growth> {
  const offline = { ...target, receiving: false };
  const slices: Slice[] = [];
  let stored = 0;
  while (stored < STORED) {
    const figures = await runLoadProcess({
      target: offline,
      restMs: 0,
      serverPid: pid,
      run: nameRun(),
      pairs: PAIRS,
      unanswered: UNANSWERED,
      warmupMs: 100,
      measureMs: SLICE_MS,
    });
    stored += figures.total;
    slices.push({
      perSecond: figures.messagesPerSecond,
      micros: figures.serverCpuMicros,
      serverMiB: figures.serverMiB,
    });
  }
  const third = Math.floor(slices.length / 3);
  const drains = [];
  for (const receiver of target.receivers.slice(0, DRAINS)) drains.push(await drainMailbox(target.url, receiver));
  return {
    stored,
    perSecond: median(slices.map((slice) => slice.perSecond)),
    firstMicros: meanMicros(slices.slice(1, third)), // The first slice includes JIT compilation.
    lastMicros: meanMicros(slices.slice(-third)),
    serverMiB: slices.at(-1)?.serverMiB ?? Number.NaN,
    drainedMailboxSize: median(drains.map((drain) => drain.messages)),
    drainedPerSecond: median(drains.map(({ messages, seconds }) => messages / seconds)),
  };
}
