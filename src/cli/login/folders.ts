/** Where files live, after XDG: data (the server's), state (the client's), config (profile and credentials). */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { Failure } from '../errors/failure.js';

export interface Folders {
  /** The local server's mailboxes and accounts. */
  readonly data: string;
  /** Outboxes and inboxes of the clients. */
  readonly state: string;
  readonly config: string;
}

const PROGRAM = 'im';

/** @param environment where XDG_DATA_HOME, XDG_STATE_HOME and XDG_CONFIG_HOME are looked up. */
export function findFolders(environment: NodeJS.ProcessEnv, home: () => string = homedir): Folders {
  const folder = (variable: string, usual: string): string => {
    const base = environment[variable];
    // The specification: what is not absolute is ignored.
    return join(base !== undefined && isAbsolute(base) ? base : join(findHome(home), usual), PROGRAM);
  };
  return {
    data: folder('XDG_DATA_HOME', '.local/share'),
    state: folder('XDG_STATE_HOME', '.local/state'),
    config: folder('XDG_CONFIG_HOME', '.config'),
  };
}

function findHome(home: () => string): string {
  try {
    return home();
  } catch (cause) {
    throw new Failure('usage', 'this account has no home folder', {
      next: 'set HOME, or XDG_CONFIG_HOME and its like',
      cause,
    });
  }
}
