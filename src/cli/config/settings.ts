/** The settings that stay: what each key of the profile means, and which values it takes. Pure. */
import { isUserName, USER_NAME_RULE } from '../../protocol/fields.js';
import { HISTORY_SIZE, LANG_CHOICES, NOTIFY_CHOICES, THEME_CHOICES } from '../connect/connect-flags.js';
import { expandHome, toAbsolute } from '../input/typed-path.js';
import { type PlainKey, PROFILE_KEYS, type ProfileKey } from '../login/profile.js';

export type SettingValue = string | number | boolean;

interface Problem {
  /** Completes the sentence "VALUE …". */
  readonly problem: string;
}

interface Setting {
  readonly meaning: string;
  /** The variable that comes before it. */
  readonly env: string;
  /** What holds without it; empty: nothing, or it depends. */
  readonly fallback: string;
  /** Its values, where these are few. */
  readonly choices?: readonly string[];
  readonly parse: (text: string) => SettingValue | Problem;
}

const oneOf =
  (choices: readonly string[]) =>
  (text: string): string | Problem =>
    choices.includes(text) ? text : { problem: `is not one of: ${choices.join(', ')}` };

const name = (text: string): string | Problem =>
  isUserName(text) ? text : { problem: `is not a valid name: ${USER_NAME_RULE}` };

const FLAG_CHOICES = ['true', 'false'];

function flag(text: string): boolean | Problem {
  if (text === 'true' || text === 'on') return true;
  return text === 'false' || text === 'off' ? false : { problem: 'is neither true nor false' };
}

/** `on` is the one that every terminal has. */
const notify = (text: string): string | Problem => oneOf(NOTIFY_CHOICES)(text === 'on' ? 'bell' : text);

const count =
  (min: number, max: number) =>
  (text: string): number | Problem => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : { problem: `is not a number from ${min} to ${max}` };
  };

/** It holds for commands in any folder: it is absolute, or in the home folder. */
function path(text: string): string | Problem {
  if (text === '-') return { problem: 'is not a path' };
  const expanded = expandHome(text);
  if (typeof expanded === 'object') return expanded;
  return text.startsWith('~/') ? text : toAbsolute(expanded);
}

function url(text: string): string | Problem {
  const scheme = URL.canParse(text) ? new URL(text).protocol : '';
  return ['ws:', 'wss:'].includes(scheme)
    ? text
    : { problem: 'is not the URL of a server, such as wss://chat.example' };
}

export const SETTINGS: Readonly<Record<PlainKey, Setting>> = {
  url: { meaning: 'the server', env: 'IM_URL', fallback: '', parse: url },
  user: { meaning: 'your user name', env: 'IM_USER', fallback: '', parse: name },
  data: { meaning: 'data folder of the local server', env: 'IM_DATA', fallback: '', parse: path },
  tokenFile: { meaning: 'file with your token', env: 'IM_TOKEN_FILE', fallback: '', parse: path },
  ca: { meaning: 'certificates to trust', env: 'IM_CA', fallback: '', parse: path },
  device: { meaning: 'the name of the chat on this machine', env: 'IM_CONNECT_DEVICE', fallback: '', parse: name },
  theme: {
    meaning: 'colors of the chat',
    env: 'IM_CONNECT_THEME',
    fallback: THEME_CHOICES[0],
    choices: THEME_CHOICES,
    parse: oneOf(THEME_CHOICES),
  },
  notify: {
    meaning: 'how the chat announces a message',
    env: 'IM_CONNECT_NOTIFY',
    fallback: NOTIFY_CHOICES[0],
    choices: NOTIFY_CHOICES,
    parse: notify,
  },
  plain: {
    meaning: 'line mode instead of a screen',
    env: 'IM_CONNECT_PLAIN',
    fallback: 'false',
    choices: FLAG_CHOICES,
    parse: flag,
  },
  ascii: {
    meaning: 'draw with ASCII characters only',
    env: 'IM_CONNECT_ASCII',
    fallback: 'false',
    choices: FLAG_CHOICES,
    parse: flag,
  },
  lang: {
    meaning: 'language of the chat',
    env: 'IM_CONNECT_LANG',
    fallback: LANG_CHOICES[0],
    choices: LANG_CHOICES,
    parse: oneOf(LANG_CHOICES),
  },
  ambiguousWidth: {
    meaning: 'columns of characters such as … and Ω',
    env: 'IM_CONNECT_AMBIGUOUS_WIDTH',
    fallback: '1',
    parse: count(1, 2),
  },
  mouse: {
    meaning: 'scroll with the wheel',
    env: 'IM_CONNECT_MOUSE',
    fallback: 'false',
    choices: FLAG_CHOICES,
    parse: flag,
  },
  title: {
    meaning: 'unread messages in the title of the window',
    env: 'IM_CONNECT_TITLE',
    fallback: 'false',
    choices: FLAG_CHOICES,
    parse: flag,
  },
  historySize: {
    meaning: 'MiB to keep of each conversation',
    env: 'IM_CONNECT_HISTORY_SIZE',
    fallback: String(HISTORY_SIZE.default),
    parse: count(HISTORY_SIZE.min, 1_000_000),
  },
};

const isPlain = (key: ProfileKey): key is PlainKey => key !== 'keys';

/** The settings with one value. */
export const PLAIN_KEYS: readonly PlainKey[] = PROFILE_KEYS.filter(isPlain);

const plainly = (key: string): string => key.toLowerCase().replaceAll(/[-_]/g, '');

/** The key, also as its flag is written: `token-file`. Undefined: there is none. */
export const findKey = (typed: string): ProfileKey | undefined =>
  PROFILE_KEYS.find((key) => plainly(key) === plainly(typed));
