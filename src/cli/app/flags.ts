/** Flags that several commands share, with the same meaning. Each has an environment variable; a flag comes before it. */
import { custom as customArg } from '@oclif/core/args';
import { CLIError } from '@oclif/core/errors';
import { boolean, custom, string } from '@oclif/core/flags';
import { MAX_TIMER_MS } from '../../io/clock.js';
import { isUserName, USER_NAME_RULE } from '../../protocol/fields.js';
import { expandHome } from '../input/typed-path.js';
import { parseDuration } from '../output/duration.js';

const parse = async (text: string): Promise<number> => {
  const ms = parseDuration(text);
  if (ms === undefined) throw new CLIError(`${text} is not a duration such as 500ms, 30s, 5m, 2h or 7d`);
  return ms;
};

/** A duration such as `30s`, as milliseconds. */
export const duration = custom<number>({ helpValue: 'DURATION', parse });

/** A duration for a timer, at most MAX_TIMER_MS. */
export const timeout = custom<number>({
  helpValue: 'DURATION',
  parse: async (text) => Math.min(await parse(text), MAX_TIMER_MS),
});

const parseUser = async (name: string): Promise<string> => {
  if (!isUserName(name)) throw new CLIError(`${name} is not a valid user name: ${USER_NAME_RULE}`);
  return name;
};

/** A user name, as an argument and as a flag. */
export const userArg = customArg<string>({ parse: parseUser, ignoreStdin: true });
export const usersArg = (description: string) =>
  userArg({ name: 'names', description, required: true, multiple: true });
/** A name that is given twice is one user. */
export const withoutDuplicates = (names: readonly string[]): string[] => [...new Set(names)];
export const userFlag = custom<string>({ parse: parseUser, helpValue: 'USER' });

const parseDevice = async (name: string): Promise<string> => {
  if (!isUserName(name)) throw new CLIError(`${name} is not a valid name of a device: ${USER_NAME_RULE}`);
  return name;
};

/** The name of a device, as an argument and as a flag. */
export const deviceArg = customArg<string>({ parse: parseDevice, ignoreStdin: true });
export const deviceFlag = custom<string>({ parse: parseDevice, helpValue: 'NAME' });

/** The name of a token, as an argument. */
export const tokenArg = customArg<string>({
  parse: async (name) => {
    if (!isUserName(name)) throw new CLIError(`${name} is not a valid name of a token: ${USER_NAME_RULE}`);
    return name;
  },
  ignoreStdin: true,
});

const parsePath =
  (dash?: string) =>
  async (text: string): Promise<string> => {
    if (text === '-' && dash !== undefined) throw new CLIError(`- ${dash}`);
    const expanded = expandHome(text);
    if (typeof expanded === 'string') return expanded;
    throw new CLIError(`the path ${expanded.problem}`);
  };

/**
 * A path; `~/` at its front is the home folder, also in quotes, after `=` and in the environment, where no shell replaces it.
 * @param dash why `-`, standard input or output, cannot be given. Undefined: it can.
 */
export const path = (dash?: string) => custom<string>({ parse: parsePath(dash) });

const NO_FOLDER = 'is not a folder; one of this name is ./-';
const folder = path(NO_FOLDER);
/** The same as an argument. */
export const folderArg = customArg<string>({ parse: parsePath(NO_FOLDER), ignoreStdin: true });
const tokenFile = path();
/** A file that is opened more than once, or not at once: not a pipe. */
export const namedFile = path('is not possible here: name a file');
/** Of commands that delete messages. A pipe confirms only that its reader has the bytes in memory, not on disk. */
export const exportFile = path('is not possible: messages are deleted when their export is on disk; name a file');

export const outputFlags = {
  json: boolean({
    description: 'print JSON Lines on stdout, and nothing else',
    env: 'IM_JSON',
    default: false,
    helpGroup: 'global',
  }),
  'no-color': boolean({
    description: 'print no colours and no other escape sequences',
    env: 'NO_COLOR',
    helpGroup: 'global',
  }),
};

/** The server, and the data folder of a local one. */
export const serverFlags = {
  url: string({
    description: 'the server; default: url in profile.json, else the server on --data, else ws://127.0.0.1:4690',
    helpValue: 'URL',
    env: 'IM_URL',
    helpGroup: 'global',
  }),
  data: folder({
    description: 'data folder of the local server; default: data in profile.json, else $XDG_DATA_HOME/im',
    helpValue: 'DIR',
    env: 'IM_DATA',
    helpGroup: 'global',
  }),
  ca: namedFile({
    description:
      'with wss: a file with the certificates to trust (PEM), of the server or of who signed it; default: ca in profile.json, else what the system trusts',
    helpValue: 'FILE',
    env: 'IM_CA',
    helpGroup: 'global',
  }),
};

/** The user name and the token. */
const identityFlags = {
  as: userFlag({
    description: 'your user name; default: user in profile.json, else the name of your account on this machine',
    env: 'IM_USER',
    helpGroup: 'global',
  }),
  'token-file': tokenFile({
    description:
      'file with your token; - is standard input; or put the token in IM_TOKEN (less safe: other programs may see it)',
    helpValue: 'FILE',
    env: 'IM_TOKEN_FILE',
    exclusive: ['token-stdin'],
    helpGroup: 'global',
  }),
  'token-stdin': boolean({
    description: 'read your token from the first line of standard input',
    env: 'IM_TOKEN_STDIN',
    helpGroup: 'global',
  }),
  insecure: boolean({
    description: 'send your token to another machine without TLS (ws:), where something else encrypts the connection',
    env: 'IM_INSECURE',
    helpGroup: 'global',
  }),
};

/** The flags of every command that logs in to a server. */
export const commonFlags = { ...identityFlags, ...serverFlags, ...outputFlags };

/** For commands that issue tokens. */
export const keepFlags = {
  keep: boolean({
    description: 'also store the token for your account on this machine, so that im connect NAME works here',
    env: 'IM_USER_KEEP',
  }),
};
