/**
 * One client in a process of its own, for the soak runs: a sender or a receiver that logs what it was told, line by line, with
 * writes that survive its death. Told what to do in argv (JSON); on stdin `stop` (a sender finishes) or `await N` (a receiver).
 */
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CLIENT } from '../../src/client/limits.js';
import { connect } from '../../src/index.js';
import { systemClock } from '../../src/io/clock.js';

export interface Task {
  readonly role: 'sender' | 'receiver';
  readonly url: string;
  readonly user: string;
  readonly token: string;
  readonly stateFolder: string;
  /** Where each line goes: a sender's stored ids, a receiver's `id from`. */
  readonly log: string;
  /** For a sender: to whom, and how many a second. */
  readonly to: string;
  readonly perSecond: number;
  /** Bytes that each body has besides its words. */
  readonly padding: number;
}

const TURNS_PER_SECOND = 20;

const task = JSON.parse(process.argv[2] as string) as Task;
/** A sender waits while so many are not answered: an outbox has room for so many messages and bytes, and these are half of it. */
const maxUnanswered = Math.min(CLIENT.maxQueued / 2, CLIENT.maxQueuedBytes / 2 / (100 + task.padding));
const tell = (line: string): boolean => process.stdout.write(`${line}\n`);
let received = 0;
let awaited = Number.POSITIVE_INFINITY;

const client = connect({
  url: task.url,
  user: task.user,
  token: task.token,
  stateFolder: task.stateFolder,
  onMessage: ({ id, from }) => {
    appendFileSync(task.log, `${id} ${from}\n`);
    received++;
    if (received >= awaited) tell('complete');
  },
});
client.ended.then(
  ({ reason }) => {
    if (reason !== 'closed') tell(`ended ${reason}`);
  },
  (error: unknown) => tell(`failed ${String(error)}`),
);

const padding = ' '.repeat(task.padding);
let sent = 0;
let stored = 0;
let isStopping = false;

function send(): void {
  const { id, stored: isStored } = client.send(task.to, `message ${sent} of ${task.user}${padding}`, {
    id: `${task.user}-${sent}`,
  });
  sent++;
  isStored.then(
    () => {
      appendFileSync(task.log, `${id}\n`);
      stored++;
      if (isStopping && stored === sent) tell(`complete ${stored}`);
    },
    (error: unknown) => tell(`failed ${id} ${String(error)}`),
  );
}

if (task.role === 'sender') {
  const timer = systemClock.every(1000 / TURNS_PER_SECOND, () => {
    const room = Math.min(task.perSecond / TURNS_PER_SECOND, maxUnanswered - (sent - stored));
    for (let count = 0; count < room; count++) send();
  });
  createInterface({ input: process.stdin }).on('line', () => {
    timer.cancel();
    isStopping = true;
    if (stored === sent) tell(`complete ${stored}`);
  });
} else {
  createInterface({ input: process.stdin }).on('line', (line) => {
    awaited = Number(line.split(' ')[1]);
    if (received >= awaited) tell('complete');
  });
}
