/** The systems that im is compared with, and how to install them. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

export interface Peer {
  readonly name: string;
  readonly program: string;
  /** What its version is asked with, and where it is in the answer. */
  readonly version: readonly [args: readonly string[], found: RegExp];
  /** The program that is asked, if it is another one. */
  readonly versionProgram?: string;
  /** How durable an acknowledged message is: needed to compare the figures. */
  readonly ackedMeans: string;
  /** Linux distribution → install command. */
  readonly install: Readonly<Record<string, string>>;
}

export const MOSQUITTO: Peer = {
  name: 'Mosquitto',
  program: 'mosquitto',
  version: [['-h'], /version (\S+)/],
  ackedMeans: 'in memory; saved every 30 minutes and at a clean shutdown',
  install: {
    'Debian, Ubuntu': 'apt-get install mosquitto',
    Fedora: 'dnf install mosquitto',
    Arch: 'pacman -S mosquitto',
    Alpine: 'apk add mosquitto',
  },
};

export const NATS: Peer = {
  name: 'NATS JetStream',
  program: 'nats-server',
  version: [['--version'], /: v(\S+)/],
  ackedMeans:
    'written to a file, but not yet on disk: synced every 2 minutes. With sync_interval always (2.10 and newer): on disk, one sync for each message',
  install: {
    'Debian, Ubuntu': 'apt-get install nats-server',
    Arch: 'pacman -S nats-server',
    Alpine: 'apk add nats-server',
  },
};

export const PROSODY: Peer = {
  name: 'Prosody',
  program: 'prosody',
  version: [['about'], /^Prosody (\S+)/m],
  versionProgram: 'prosodyctl', // the server itself starts, whatever it is asked
  ackedMeans: 'handled in memory (XEP-0198): a message to somebody who is online is written nowhere',
  install: {
    'Debian, Ubuntu': 'apt-get install prosody',
    Fedora: 'dnf install prosody',
    Arch: 'pacman -S prosody',
    Alpine: 'apk add prosody',
  },
};

export const EJABBERD: Peer = {
  name: 'ejabberd',
  program: 'ejabberdctl',
  // ejabberdctl asks a running server: the folder of its code has the version, too.
  version: [['-c', 'ls -d /usr/lib/*/ejabberd-* /usr/lib/ejabberd-*'], /ejabberd-([\d.]+)/],
  versionProgram: 'sh',
  ackedMeans: 'handled in memory (XEP-0198): a message to somebody who is online is written nowhere',
  install: {
    'Debian, Ubuntu': 'apt-get install ejabberd',
    Arch: 'pacman -S ejabberd',
    Alpine: 'apk add ejabberd',
  },
};

export const PEERS: readonly Peer[] = [MOSQUITTO, NATS, EJABBERD, PROSODY];

/** A line of Markdown for each system: what an acknowledged message is worth. */
export const ackedLines = (): readonly string[] => [
  '- im: on disk (fdatasync)',
  ...PEERS.map(({ name, ackedMeans }) => `- ${name}: ${ackedMeans}`),
];

/** Path of the peer's program, undefined when it is not installed. Also looks in sbin, which is often not on a user's PATH. */
export function findPeer({ program }: Pick<Peer, 'program'>): string | undefined {
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
