/**
 * One client process for the soak tests: a sender or a receiver. It logs each event with a write that survives its death. argv
 * holds its task as JSON; stdin takes `stop` (a sender finishes) or `await N` (a receiver waits for N messages).
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
  /** Path of the log. A line is the id of a stored message (sender), or `id from` of a message that was shown (receiver). */
  readonly log: string;
  /** For a sender: the recipient, and messages per second. */
  readonly to: string;
  readonly perSecond: number;
  /** Bytes of padding in each body. */
  readonly padding: number;
}

const TURNS_PER_SECOND = 20;

const task = JSON.parse(process.argv[2] as string) as Task;
/** A sender pauses while this many messages are unanswered: half of what an outbox can hold, in messages and bytes. */
const maxUnanswered = Math.min(CLIENT.maxQueued / 2, CLIENT.maxQueuedBytes / 2 / (100 + task.padding));
const print = (line: string): boolean => process.stdout.write(`${line}\n`);
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
    if (received >= awaited) print('complete');
  },
});
client.ended.then(
  ({ reason }) => {
    if (reason !== 'closed') print(`ended ${reason}`);
  },
  (error: unknown) => print(`failed ${String(error)}`),
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
      if (isStopping && stored === sent) print(`complete ${stored}`);
    },
    (error: unknown) => print(`failed ${id} ${String(error)}`),
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
    if (stored === sent) print(`complete ${stored}`);
  });
} else {
  createInterface({ input: process.stdin }).on('line', (line) => {
    awaited = Number(line.split(' ')[1]);
    if (received >= awaited) print('complete');
  });
}
