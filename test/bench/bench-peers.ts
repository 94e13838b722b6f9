/** `npm run bench:peers`: which peers are installed, and how to install the others. */
import { findPeer, PEERS } from './peers.js';

for (const peer of PEERS) {
  console.log(`${peer.name}: ${findPeer(peer) ?? 'not installed'}`);
  console.log(`  what its "acked" means: ${peer.ackedMeans}`);
  for (const [distribution, command] of Object.entries(peer.install)) console.log(`  ${distribution}: ${command}`);
}
console.log(
  '\nOnly the program is needed: the benchmark starts its own instance; stop the one that the package may have started.',
);
