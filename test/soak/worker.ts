/**
 * One client process for the soak tests: a sender or a receiver. It logs each event with a write that survives its death. argv
 * holds its task as JSON; it prints `online` when it is; stdin takes `begin` and `stop` (for a sender), or `await N` (waits until N messages and copies were shown).
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
  /** Which of the user's devices, which then gets copies of what the others send; undefined: it names none, and gets no copies. */
  readonly device: string | undefined;
  readonly stateFolder: string;
  /** Begins the ids of a sender. */
  readonly name: string;
  /** Path of the log. A line is the id of a stored message (sender), or `id from` of a message that was shown (receiver). */
  readonly log: string;
  /** Path of the log of copies that were shown, as of a receiver. */
  readonly copiesLog: string;
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
let shown = 0;
let awaited = Number.POSITIVE_INFINITY;

const client = connect({
  url: task.url,
  user: task.user,
  token: task.token,
  device: task.device,
  copies: task.device !== undefined,
  stateFolder: task.stateFolder,
  onMessage: ({ id, from, to }) => {
    appendFileSync(to === undefined ? task.log : task.copiesLog, `${id} ${from}\n`);
    shown++;
    if (shown === awaited) print('complete');
  },
});
let wasOnline = false;
client.subscribe((event) => {
  if (event.type === 'online' && !wasOnline) {
    wasOnline = true;
    print('online');
  }
  if (event.type === 'missed') print(`failed missed ${event.count}`);
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
  const { id, stored: isStored } = client.send(task.to, `message ${sent} of ${task.name}${padding}`, {
    id: `${task.name}-${sent}`,
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

function stop(): void {
  timer?.cancel();
  isStopping = true;
  if (stored === sent) print(`complete ${stored}`);
}

function sendSome(): void {
  const room = Math.min(task.perSecond / TURNS_PER_SECOND, maxUnanswered - (sent - stored));
  for (let count = 0; count < room; count++) send();
}

let timer: { cancel(): void } | undefined;
createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === 'begin') timer = systemClock.every(1000 / TURNS_PER_SECOND, sendSome);
  else if (line === 'stop') stop();
  else {
    awaited = Number(line.split(' ')[1]);
    if (shown >= awaited) print('complete');
  }
});
