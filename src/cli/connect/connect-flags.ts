/** How the chat client's screen looks, and whether there is a screen at all. */

import { boolean, integer, option } from '@oclif/core/flags';
import { HISTORY } from '../../history/limits.js';

/** Kept here and in src/tui, which is not loaded for `--help`; a test holds them together. */
export const THEME_CHOICES = ['dark', 'light'] as const;
export const NOTIFY_CHOICES = ['off', 'bell', 'desktop', 'desktop-text'] as const;

const MIB = 1024 * 1024;

export const connectFlags = {
  theme: option({
    options: THEME_CHOICES,
    description: 'for a dark or a light terminal',
    default: 'dark' as const,
    env: 'IM_CONNECT_THEME',
  })(),
  ascii: boolean({ description: 'no signs but ASCII', env: 'IM_CONNECT_ASCII', default: false }),
  'ambiguous-width': option({
    options: ['1', '2'] as const,
    description: 'the columns that this terminal gives to characters such as … and Ω',
    default: '1' as const,
    env: 'IM_CONNECT_AMBIGUOUS_WIDTH',
  })(),
  notify: option({
    options: NOTIFY_CHOICES,
    description: 'what tells of a message while you are elsewhere; desktop-text shows it to who sees your desktop',
    default: 'off' as const,
    env: 'IM_CONNECT_NOTIFY',
  })(),
  'history-size': integer({
    description: 'what is kept of each conversation, in MiB',
    default: HISTORY.maxBytesPerPeer / MIB,
    min: 1,
    helpValue: 'MIB',
    env: 'IM_CONNECT_HISTORY_SIZE',
  }),
};

/** The flags of the screen, as they were given. */
export interface ConnectFlags {
  readonly to?: string | undefined;
  readonly theme: (typeof THEME_CHOICES)[number];
  readonly ascii: boolean;
  readonly 'ambiguous-width': '1' | '2';
  readonly notify: (typeof NOTIFY_CHOICES)[number];
  readonly 'history-size': number;
}

/** The same, as the screen takes them. */
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

interface Streams {
  readonly stdin: { readonly isTTY?: boolean };
  readonly stdout: { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A screen is for people, at a terminal that can do more than print. */
export const wantsScreen = (
  flags: { readonly plain: boolean; readonly json: boolean },
  { stdin, stdout, env }: Streams,
): boolean => !flags.plain && !flags.json && env.TERM !== 'dumb' && stdin.isTTY === true && stdout.isTTY === true;
