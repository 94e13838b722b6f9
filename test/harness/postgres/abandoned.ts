/** A program that starts a server, freezes it, prints its data folder, and waits until its test kills it. */
import { startPostgres } from './postgres-node.js';

const node = await startPostgres();
node.freeze();
console.log(node.dataFolder);
setInterval(() => {}, 60_000);
