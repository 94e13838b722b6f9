/** The folders of this account, as the XDG specification has them: data (server), state (clients), config (profile and tokens). */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { Failure } from '../errors/failure.js';
import { expandHome, findHome } from '../input/typed-path.js';

export interface Folders {
  /** Mailboxes and accounts of the local server. */
  readonly data: string;
  /** Outboxes, inboxes and histories of the clients. */
  readonly state: string;
  /** `profile.json` and stored tokens. */
  readonly config: string;
}

const PROGRAM = 'im';

/**
 * @param environment for XDG_DATA_HOME, XDG_STATE_HOME and XDG_CONFIG_HOME.
 * @throws Failure `usage` without a home folder, or for a variable with a path below the home of somebody else (`~other/…`).
 */
export function findFolders(environment: NodeJS.ProcessEnv, home: () => string = homedir): Folders {
  const folder = (variable: string, fallback: string): string => {
    const base = expandHome(environment[variable] || '.', home);
    if (typeof base === 'object') throw new Failure('usage', `${variable} ${base.problem}`);
    // The specification says that a relative path is ignored.
    return join(isAbsolute(base) ? base : join(findHome(home), fallback), PROGRAM);
  };
  return {
    data: folder('XDG_DATA_HOME', '.local/share'),
    state: folder('XDG_STATE_HOME', '.local/state'),
    config: folder('XDG_CONFIG_HOME', '.config'),
  };
}
