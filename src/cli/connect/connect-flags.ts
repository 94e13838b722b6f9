/** The flags of `im connect`: how the screen looks, and whether there is a screen at all. */
import { boolean, integer, option } from '@oclif/core/flags';
import type { InferredFlags } from '@oclif/core/interfaces';
import { HISTORY } from '../../history/limits.js';

/** Repeats the choices of src/tui, which is not loaded for `--help`. A test keeps the two equal. */
export const THEME_CHOICES = ['dark', 'light'] as const;
export const NOTIFY_CHOICES = ['off', 'bell', 'desktop', 'desktop-text'] as const;

const MIB = 1024 * 1024;

export const connectFlags = {
  theme: option({
    options: THEME_CHOICES,
    description: 'colors for a dark or a light terminal',
    default: 'dark' as const,
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

/** The flags as the options of the screen (`openChat` in src/tui). */
export function screenOptions(
  flags: ConnectFlags,
  { user, url, stateFolder }: { readonly user: string; readonly url: string; readonly stateFolder: string },
) {
  return {
    user,
    server: new URL(url).host,
    to: flags.to,
    stateFolder,
    keptBytes: flags['history-size'] * MIB,
    theme: flags.theme,
    isAscii: flags.ascii,
    ambiguousWidth: flags['ambiguous-width'] === '2' ? (2 as const) : (1 as const),
    notification: flags.notify,
  };
}

/** Whether to draw a screen: only for a person, on a terminal that can move its cursor. */
export const wantsScreen = (
  flags: { readonly plain: boolean; readonly json: boolean },
  { stdin, stdout, env }: NodeJS.Process,
): boolean => !flags.plain && !flags.json && env.TERM !== 'dumb' && stdin.isTTY === true && stdout.isTTY === true;
