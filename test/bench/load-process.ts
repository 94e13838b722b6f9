/** The load generator as its own process, so that it can be bound to a core. Prints its result as one line of JSON. */
import { runLoad } from './load.js';
import { openImPair } from './load-im.js';
import { drainWithLibrary } from './load-library.js';
import { openMosquittoPair } from './load-mosquitto.js';
import { openNatsPair } from './load-nats.js';
import { drain, openOfflinePair } from './load-offline.js';
import { openXmppPair } from './load-xmpp.js';
import type { OpenPair } from './pair.js';
import type { Target, Task } from './work.js';

const task = JSON.parse(process.argv[2] ?? '') as Task;
console.log(JSON.stringify(await perform(task)));

function perform(task: Task): Promise<unknown> {
  if (task.task === 'drain') return drain(task.url, task.credential);
  if (task.task === 'library') return drainWithLibrary(task.work);
  const { work } = task;
  return runLoad(work, openerOf(work.target, work.run, work.pairs));
}

function openerOf(target: Target, run: string, pairs: number): OpenPair {
  if (target.system === 'mosquitto') return openMosquittoPair(target.port);
  if (target.system === 'nats') return openNatsPair(target.port);
  if (target.system === 'xmpp') return openXmppPair(target);
  return target.receiving ? openImPair(target, run) : openOfflinePair(target, run, pairs);
}
