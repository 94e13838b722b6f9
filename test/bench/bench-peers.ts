/** `npm run bench:peers`: lists the peers, where they are installed, and how to install them. */
import { findPeer, PEERS } from './peers.js';

for (const peer of PEERS) {
  console.log(`${peer.name}: ${findPeer(peer) ?? 'not installed'}`);
  console.log(`  "acked" means: ${peer.ackedMeans}`);
  for (const [distribution, command] of Object.entries(peer.install)) console.log(`  ${distribution}: ${command}`);
}
console.log(
  '\nOnly the program is needed: the benchmark starts its own instance. Stop the instance that the package may have started.',
);
