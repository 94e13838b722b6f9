/** The systems that im is compared with, and how to install them. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export interface Peer {
  readonly name: string;
  readonly program: string;
  /** How durable an acknowledged message is: needed to compare the figures. */
  readonly ackedMeans: string;
  /** Linux distribution → install command. */
  readonly install: Readonly<Record<string, string>>;
}

export const MOSQUITTO: Peer = {
  name: 'Mosquitto',
  program: 'mosquitto',
  ackedMeans: 'in memory; saved every 30 minutes and at a clean shutdown',
  install: {
    'Debian, Ubuntu': 'apt-get install mosquitto',
    Fedora: 'dnf install mosquitto',
    Arch: 'pacman -S mosquitto',
    Alpine: 'apk add mosquitto',
  },
};

export const PEERS: readonly Peer[] = [MOSQUITTO];

/** Path of the peer's program, undefined when it is not installed. Also looks in sbin, which is often not on a user's PATH. */
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
