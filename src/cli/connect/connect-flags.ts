/** The flags of `im connect`: how the screen looks, and whether there is a screen at all. */
import { boolean, integer, option } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { HISTORY } from '../../history/limits.js';
import { LANGUAGES, type Language, languageOf } from '../../tui/texts/language.js';
import { Failure } from '../errors/failure.js';
import type { Profile } from '../login/profile.js';

/** `auto`: the screen asks the terminal for its background. */
export const THEME_CHOICES = ['auto', 'dark', 'light'] as const;
/** Repeats the choices of src/tui, which is not loaded for `--help`. A test keeps the two equal. */
export const NOTIFY_CHOICES = ['off', 'bell', 'desktop', 'desktop-text'] as const;
const WIDTH_CHOICES = ['1', '2'] as const;
/** `auto`: by the environment. */
export const LANG_CHOICES = ['auto', ...LANGUAGES] as const;

const MIB = 1024 * 1024;

/** The sizes that --history-size takes. */
export const HISTORY_SIZE = { default: HISTORY.maxBytesPerPeer / MIB, min: 1 };

/** Without a default: a setting of the profile comes before it. */
export const connectFlags = {
  plain: boolean({
    description: 'line mode, even on a terminal; default: plain in profile.json',
    env: 'IM_CONNECT_PLAIN',
    allowNo: true,
  }),
  theme: option({
    options: THEME_CHOICES,
    description:
      'colors for a dark or a light terminal; default: theme in profile.json, else auto, which asks the terminal and takes dark if that does not answer',
    env: 'IM_CONNECT_THEME',
  })(),
  lang: option({
    options: LANG_CHOICES,
    description:
      'language of the chat; default: lang in profile.json, else auto, which follows LC_ALL, LC_MESSAGES and LANG. Commands, --json and other commands are in English',
    env: 'IM_CONNECT_LANG',
  })(),
  ascii: boolean({
    description: 'draw with ASCII characters only; default: ascii in profile.json',
    env: 'IM_CONNECT_ASCII',
    allowNo: true,
  }),
  'ambiguous-width': option({
    options: WIDTH_CHOICES,
    description:
      'columns that this terminal uses for characters such as … and Ω; default: ambiguousWidth in profile.json, else 1',
    env: 'IM_CONNECT_AMBIGUOUS_WIDTH',
  })(),
  notify: option({
    options: NOTIFY_CHOICES,
    description:
      'how to announce a message while the terminal is not in focus; desktop-text also shows its text on your desktop; default: notify in profile.json, else off',
    env: 'IM_CONNECT_NOTIFY',
  })(),
  mouse: boolean({
    description: 'scroll with the wheel; to select text, hold Shift, or press F2; default: mouse in profile.json',
    env: 'IM_CONNECT_MOUSE',
    allowNo: true,
  }),
  title: boolean({
    description: 'show the number of unread messages in the title of the window; default: title in profile.json',
    env: 'IM_CONNECT_TITLE',
    allowNo: true,
  }),
  'history-size': integer({
    description: `how much to keep of each conversation, in MiB; default: historySize in profile.json, else ${HISTORY_SIZE.default}`,
    min: HISTORY_SIZE.min,
    helpValue: 'MIB',
    env: 'IM_CONNECT_HISTORY_SIZE',
  }),
};

/** The values of these flags, and of `--to`. */
export type ConnectFlags = Partial<Omit<InferredFlags<typeof connectFlags>, 'json'>> & {
  readonly to?: string | undefined;
};

/** @throws Failure `usage` when the profile has none of these. */
function chosen<T extends string>(choices: readonly T[], key: keyof Profile, value: unknown): T {
  const choice = choices.find((one) => one === String(value));
  if (choice !== undefined) return choice;
  throw new Failure('usage', `${key} in profile.json is ${value}, but has to be one of: ${choices.join(', ')}`, {
    next: `im config set ${key} ${choices[0]}`,
  });
}

/** @throws Failure `usage` when the profile has no valid size. */
function historySize({ historySize: size = HISTORY_SIZE.default }: Profile): number {
  if (Number.isSafeInteger(size) && size >= HISTORY_SIZE.min) return size;
  throw new Failure(
    'usage',
    `historySize in profile.json is ${size}, but has to be a number of MiB, at least ${HISTORY_SIZE.min}`,
  );
}

/** tmux and screen swallow what they do not know: see `notificationBytes` in src/tui. */
function multiplexerOf({ TMUX, STY, TERM = '' }: NodeJS.ProcessEnv): 'tmux' | 'screen' | undefined {
  if (TMUX || TERM.startsWith('tmux')) return 'tmux'; // TERM is all that is left after ssh
  return STY || TERM.startsWith('screen') ? 'screen' : undefined;
}

/** Terminals that print operating system commands (OSC) as text. */
const WITHOUT_OSC = /^(linux|dumb|vt\d|eterm)/;

/** Terminals that answer when they are asked for their background, or ignore it. Others might print the question. */
const ANSWERING = /^(xterm|tmux|rxvt|alacritty|foot|wezterm|contour|ghostty|konsole|gnome|vte|st-|kitty|mlterm|mintty)/;

/** What `auto` is: dark, where the question is not safe. */
const autoTheme = (env: NodeJS.ProcessEnv): 'auto' | 'dark' =>
  multiplexerOf(env) === 'tmux' || (multiplexerOf(env) === undefined && ANSWERING.test(env.TERM ?? ''))
    ? 'auto'
    : 'dark';

/** `auto` is English on a screen that cannot show anything else. @throws Failure `usage` when the profile has another language. */
export function chatLanguage(
  flags: ConnectFlags & { readonly json: boolean },
  profile: Profile,
  env: NodeJS.ProcessEnv,
): Language {
  if (flags.json) return 'en';
  const lang = flags.lang ?? chosen(LANG_CHOICES, 'lang', profile.lang ?? 'auto');
  if (lang !== 'auto') return lang;
  const isAscii = (flags.ascii ?? profile.ascii ?? false) || env.TERM === 'linux';
  return isAscii ? 'en' : languageOf(env);
}

/** What can change while the screen is open. @throws Failure `usage` when the profile has an invalid value. */
export function liveOptions(flags: ConnectFlags, profile: Profile, env: NodeJS.ProcessEnv) {
  const theme = flags.theme ?? chosen(THEME_CHOICES, 'theme', profile.theme ?? 'auto');
  return {
    theme: theme === 'auto' ? autoTheme(env) : theme,
    notification: flags.notify ?? chosen(NOTIFY_CHOICES, 'notify', profile.notify ?? 'off'),
    hasMouse: flags.mouse ?? profile.mouse ?? false,
    hasTitle: (flags.title ?? profile.title ?? false) && hasOsc(env),
  };
}

const hasOsc = (env: NodeJS.ProcessEnv): boolean => !WITHOUT_OSC.test(env.TERM ?? '');

/** The flags as the options of the screen (`openChat` in src/tui). @throws Failure `usage` when the profile has an invalid value. */
export function screenOptions(
  flags: ConnectFlags,
  profile: Profile,
  env: NodeJS.ProcessEnv,
  { user, url, stateFolder }: { readonly user: string; readonly url: string; readonly stateFolder: string },
) {
  return {
    ...liveOptions(flags, profile, env),
    user,
    server: new URL(url).host,
    to: flags.to,
    stateFolder,
    keptBytes: (flags['history-size'] ?? historySize(profile)) * MIB,
    isAscii: flags.ascii ?? profile.ascii ?? false,
    ambiguousWidth:
      (flags['ambiguous-width'] ?? chosen(WIDTH_CHOICES, 'ambiguousWidth', profile.ambiguousWidth ?? 1)) === '2'
        ? (2 as const)
        : (1 as const),
    hasOsc: hasOsc(env),
    multiplexer: multiplexerOf(env),
  };
}

/** Whether to draw a screen: only for a person, on a terminal that can move its cursor. */
export const wantsScreen = (
  flags: { readonly plain?: boolean | undefined; readonly json: boolean },
  profile: Profile,
  { stdin, stdout, env }: NodeJS.Process,
): boolean =>
  !(flags.plain ?? profile.plain) &&
  !flags.json &&
  env.TERM !== 'dumb' &&
  stdin.isTTY === true &&
  stdout.isTTY === true;
