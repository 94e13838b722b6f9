/** The systems that im is measured beside, and how to get them from a distribution's own packages. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export interface Peer {
  readonly name: string;
  readonly program: string;
  /** What its "acked" means for a message: the figures are worth as much as that. */
  readonly ackedMeans: string;
  /** Distribution → command. */
  readonly install: Readonly<Record<string, string>>;
}

export const MOSQUITTO: Peer = {
  name: 'Mosquitto',
  program: 'mosquitto',
  ackedMeans: 'in memory; saved every 30 minutes and at a clean end',
  install: {
    'Debian, Ubuntu': 'apt-get install mosquitto',
    Fedora: 'dnf install mosquitto',
    Arch: 'pacman -S mosquitto',
    Alpine: 'apk add mosquitto',
  },
};

export const PEERS: readonly Peer[] = [MOSQUITTO];

/** Where the peer's program is; servers are often outside an ordinary user's PATH. Undefined when it is not installed. */
export function findPeer({ program }: Peer): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us
  }
}
