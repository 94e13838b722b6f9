/** The load generator as a process of its own, so that it can have a core of its own. Prints the figures as one line of JSON. */
import { runLoad } from './load.js';
import { openImPair } from './load-im.js';
import { openMosquittoPair } from './load-mosquitto.js';
import type { Work } from './work.js';

const work = JSON.parse(process.argv[2] ?? '') as Work;
const { target } = work;
const open = target.system === 'im' ? openImPair(target, work.run) : openMosquittoPair(target.port);
console.log(JSON.stringify(await runLoad(work, open)));
