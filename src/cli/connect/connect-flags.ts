/** The flags of `im connect`: how the screen looks, and whether there is a screen at all. */
import { boolean, integer, option } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { HISTORY } from '../../history/limits.js';
import { Failure } from '../errors/failure.js';
import type { Profile } from '../login/profile.js';

/** Repeats the choices of src/tui, which is not loaded for `--help`. A test keeps the two equal. */
export const THEME_CHOICES = ['dark', 'light'] as const;
export const NOTIFY_CHOICES = ['off', 'bell', 'desktop', 'desktop-text'] as const;

const MIB = 1024 * 1024;

export const connectFlags = {
  theme: option({
    options: THEME_CHOICES,
    description: 'colors for a dark or a light terminal; without it, theme in profile.json, or else dark',
    env: 'IM_CONNECT_THEME',
  })(),
  ascii: boolean({ description: 'draw with ASCII characters only', env: 'IM_CONNECT_ASCII', default: false }),
  'ambiguous-width': option({
    options: ['1', '2'] as const,
    description: 'columns that this terminal uses for characters such as … and Ω',
    default: '1' as const,
    env: 'IM_CONNECT_AMBIGUOUS_WIDTH',
  })(),
  notify: option({
    options: NOTIFY_CHOICES,
    description:
      'how to announce a message while the terminal is not in focus; desktop-text also shows its text on your desktop',
    default: 'off' as const,
    env: 'IM_CONNECT_NOTIFY',
  })(),
  mouse: boolean({
    description: 'scroll with the wheel; to select text, hold Shift, or press F2',
    env: 'IM_CONNECT_MOUSE',
    default: false,
  }),
  title: boolean({
    description: 'show the number of unread messages in the title of the window',
    env: 'IM_CONNECT_TITLE',
    default: false,
  }),
  'history-size': integer({
    description: 'how much to keep of each conversation, in MiB',
    default: HISTORY.maxBytesPerPeer / MIB,
    min: 1,
    helpValue: 'MIB',
    env: 'IM_CONNECT_HISTORY_SIZE',
  }),
};

/** The values of these flags, and of `--to`. */
export type ConnectFlags = Omit<InferredFlags<typeof connectFlags>, 'json'> & { readonly to?: string | undefined };

/** The theme of the profile, or dark. @throws Failure `usage` when there is no such theme. */
function profileTheme({ theme }: Profile): (typeof THEME_CHOICES)[number] {
  const choice = THEME_CHOICES.find((one) => one === (theme ?? 'dark'));
  if (choice !== undefined) return choice;
  throw new Failure('usage', `theme in profile.json is ${theme}, but has to be one of: ${THEME_CHOICES.join(', ')}`);
}

/** tmux and screen swallow what they do not know: see `notificationBytes` in src/tui. */
function multiplexerOf({ TMUX, STY, TERM = '' }: NodeJS.ProcessEnv): 'tmux' | 'screen' | undefined {
  if (TMUX || TERM.startsWith('tmux')) return 'tmux'; // TERM is all that is left after ssh
  return STY || TERM.startsWith('screen') ? 'screen' : undefined;
}

/** Terminals that print operating system commands (OSC) as text. */
const WITHOUT_OSC = /^(linux|dumb|vt\d|eterm)/;

/** The flags as the options of the screen (`openChat` in src/tui). @throws Failure `usage` when the profile has no valid theme. */
export function screenOptions(
  flags: ConnectFlags,
  profile: Profile,
  env: NodeJS.ProcessEnv,
  { user, url, stateFolder }: { readonly user: string; readonly url: string; readonly stateFolder: string },
) {
  const hasOsc = !WITHOUT_OSC.test(env.TERM ?? '');
  return {
    user,
    server: new URL(url).host,
    to: flags.to,
    stateFolder,
    keptBytes: flags['history-size'] * MIB,
    theme: flags.theme ?? profileTheme(profile),
    isAscii: flags.ascii,
    ambiguousWidth: flags['ambiguous-width'] === '2' ? (2 as const) : (1 as const),
    notification: flags.notify,
    hasOsc,
    hasMouse: flags.mouse,
    hasTitle: flags.title && hasOsc,
    multiplexer: multiplexerOf(env),
  };
}

/** Whether to draw a screen: only for a person, on a terminal that can move its cursor. */
export const wantsScreen = (
  flags: { readonly plain: boolean; readonly json: boolean },
  { stdin, stdout, env }: NodeJS.Process,
): boolean => !flags.plain && !flags.json && env.TERM !== 'dumb' && stdin.isTTY === true && stdout.isTTY === true;
