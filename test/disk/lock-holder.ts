/** A process that locks a folder, sends `held`, and runs until it is killed. Arguments: folder, platform. */
import { acquireLock } from '../../src/disk/lock.js';
import { realFiles } from '../../src/io/files.js';
import { lockFolder } from '../../src/io/folder-lock.js';

const [folder = '', platform] = process.argv.slice(2);
const files = { ...realFiles, lock: (path: string) => lockFolder(path, platform as NodeJS.Platform) };
const lock = await acquireLock({ folder, files, clock: { now: () => 1 } });
await lock.announce('ws://holder');
process.send?.('held');
process.on('message', () => process.exit()); // Keeps the process alive.
