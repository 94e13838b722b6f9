/** The flags that mean the same in every command. Each has an environment variable; flags come before environment. */
import { custom as customArg } from '@oclif/core/args';
import { CLIError } from '@oclif/core/errors';
import { boolean, custom, string } from '@oclif/core/flags';
import { isUserName } from '../../protocol/field-types.js';
import { parseDuration } from '../output/duration.js';

/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const parse = async (text: string): Promise<number> => {
  const ms = parseDuration(text);
  if (ms === undefined) throw new CLIError(`${text} is not a duration such as 500ms, 30s, 5m, 2h or 7d`);
  return ms;
};

/** `500ms 30s 5m 2h 7d`, as milliseconds. */
export const duration = custom<number>({ helpValue: 'DURATION', parse });

/** The same, for something that is waited for. */
export const timeout = custom<number>({
  helpValue: 'DURATION',
  parse: async (text) => Math.min(await parse(text), MAX_TIMER_MS),
});

const parseUser = async (name: string): Promise<string> => {
  if (!isUserName(name)) throw new CLIError(`${name} cannot be the name of a user: 1 to 32 of a-z 0-9 . _ -`);
  return name;
};

/** A user, as an argument and as a flag. */
export const userArg = customArg<string>({ parse: parseUser, ignoreStdin: true });
export const usersArg = (description: string) =>
  userArg({ name: 'names', description, required: true, multiple: true });
export const userFlag = custom<string>({ parse: parseUser, helpValue: 'USER' });

export const outputFlags = {
  json: boolean({
    description: 'JSON Lines on stdout, and nothing else',
    env: 'IM_JSON',
    default: false,
    helpGroup: 'global',
  }),
  'no-color': boolean({ description: 'not one escape byte', env: 'NO_COLOR', helpGroup: 'global' }),
};

/** Which server, and which of its data folders. */
export const serverFlags = {
  url: string({
    description: 'the server; default: the one that runs on --data, else ws://127.0.0.1:4690',
    helpValue: 'URL',
    env: 'IM_URL',
    helpGroup: 'global',
  }),
  data: string({
    description: "the local server's folder; default: $XDG_DATA_HOME/im",
    helpValue: 'DIR',
    env: 'IM_DATA',
    helpGroup: 'global',
  }),
};

/** Who one is, and how that is proved. */
export const identityFlags = {
  as: userFlag({
    description: 'who you are; default: the profile, then the name of your account on this machine',
    env: 'IM_USER',
    helpGroup: 'global',
  }),
  'token-file': string({
    description: 'a file with your token; also IM_TOKEN (weaker: other programs may see it)',
    helpValue: 'FILE',
    env: 'IM_TOKEN_FILE',
    exclusive: ['token-stdin'],
    helpGroup: 'global',
  }),
  'token-stdin': boolean({
    description: 'the token is the first line of standard input',
    env: 'IM_TOKEN_STDIN',
    helpGroup: 'global',
  }),
};

/** For commands that make tokens. */
export const keepFlags = {
  keep: boolean({
    description: 'also keep the token in the config folder of this account, so that im connect NAME works here',
    env: 'IM_USER_KEEP',
  }),
};
