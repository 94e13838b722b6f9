/** A process that locks a folder, sends `held`, and runs until it is killed. Arguments: folder, abstractSockets. */
import { acquireLock } from '../../src/disk/lock.js';

const [folder = '', abstractSockets] = process.argv.slice(2);
const lock = await acquireLock({ folder, clock: { now: () => 1 }, abstractSockets: abstractSockets === 'true' });
await lock.announce('ws://holder');
process.send?.('held');
process.on('message', () => process.exit()); // Keeps the process alive.
