/** `/set` in the chat: the settings as `im config` has them, and which of them hold at once. */
import { errorCode } from '../../disk/disk-errors.js';
import { inline } from '../../text/safe-text.js';
import type { LiveSettings, SettingResult, Settings } from '../../tui/app/settings.js';
import { BINDINGS } from '../../tui/screen/keys.js';
import type { SettingName } from '../../tui/screen/slash-commands.js';
import { EN, type Texts } from '../../tui/texts/en.js';
import { chatKeymap } from '../connect/chat-keys.js';
import { type ConnectFlags, liveOptions } from '../connect/connect-flags.js';
import { Failure } from '../errors/failure.js';
import { findFolders } from '../login/folders.js';
import { readProfile } from '../login/profile.js';
import { currentKeys, currentSetting, currentSettings, setSetting, unsetSetting } from './config.js';
import { PLAIN_KEYS, SETTINGS } from './settings.js';

/** In place of a value: takes the setting away. */
const DEFAULT = 'default';

const LIVE: ReadonlySet<string> = new Set(['theme', 'notify', 'mouse', 'title']);

const isLive = (name: string): boolean => LIVE.has(name) || name.startsWith('keys.');

const NAMES: readonly SettingName[] = [
  ...PLAIN_KEYS.map((name) => ({ name, meaning: SETTINGS[name].meaning, values: SETTINGS[name].choices ?? [] })),
  ...BINDINGS.map(({ action }) => ({ name: `keys.${action}`, meaning: EN.actions[action], values: [] })),
];

/** @param flags those of this start; they hold until the same is set in the chat. */
export function chatSettings(flags: ConnectFlags, env: NodeJS.ProcessEnv, { settings: texts }: Texts): Settings {
  let left: ConnectFlags = flags;
  /** One change after the other: each reads the file, and replaces it. */
  let last: Promise<unknown> = Promise.resolve();

  const live = async (): Promise<LiveSettings> => {
    const profile = await readProfile(findFolders(env).config);
    return { ...liveOptions(left, profile, env), keymap: chatKeymap(profile.keys) };
  };

  const change = async (typed: string, value: string): Promise<SettingResult> => {
    await (value === DEFAULT ? unsetSetting(typed) : setSetting(typed, value));
    const { key, value: current, from, source } = await currentSetting(typed);
    const name = inline(key);
    const [told, part] =
      from === 'environment'
        ? [isLive(key) ? texts.kept : texts.keptLater, source]
        : [isLive(key) ? texts.is : texts.isLater, current];
    left = { ...left, [key]: undefined };
    return { isDone: true, text: told(name, inline(part)), ...(isLive(key) && { live: await live() }) };
  };

  const show = async (typed: string): Promise<SettingResult> => {
    const { key, value, source, values } = await currentSetting(typed);
    return { isDone: true, text: texts.isFrom(inline(key), inline(value), source, values.map(inline)) };
  };

  return {
    names: NAMES,
    list: (group) =>
      explained(texts, async () => ({
        isDone: true,
        text: '',
        list: await (group === 'keys' ? currentKeys() : currentSettings()),
      })),
    show: (typed) => explained(texts, () => show(typed)),
    set: (typed, value) => {
      const result = last.then(() => explained(texts, () => change(typed, value)));
      last = result;
      return result;
    },
  };
}

/** What failed as text for people; only a bug rejects. */
async function explained(texts: Texts['settings'], work: () => Promise<SettingResult>): Promise<SettingResult> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) {
      const { message, why, next } = error;
      return { isDone: false, text: [message, why, next].filter((part) => part !== undefined).join('; ') };
    }
    if (errorCode(error) === undefined) throw error;
    return { isDone: false, text: texts.notKept(inline((error as Error).message)) };
  }
}
