/** `im config`: reads and changes the profile. */
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { errorCode } from '../../disk/disk-errors.js';
import { removeIfThere, writeAll } from '../../disk/json-file.js';
import { realFiles as files } from '../../io/files.js';
import { inline } from '../../text/safe-text.js';
import type { KeySettings } from '../../tui/screen/keymap.js';
import { Failure } from '../errors/failure.js';
import { isRefusal, refusedFolder } from '../errors/folder-refusal.js';
import { findFolders } from '../login/folders.js';
import {
  type PlainKey,
  PROFILE_FILE,
  PROFILE_KEYS,
  type Profile,
  type ProfileKey,
  parseProfile,
  parseSettings,
  readProfileText,
} from '../login/profile.js';
import type { Output } from '../output/output.js';
import { printList } from '../output/table.js';
import {
  actionIn,
  type KeySetting,
  keySetting,
  keySettings,
  keysAreMany,
  withKeys,
  withoutKeys,
} from './key-settings.js';
import { findKey, PLAIN_KEYS, SETTINGS, type SettingValue } from './settings.js';

type Source = 'environment' | 'config' | 'default';

interface Effective {
  readonly key: PlainKey;
  /** Empty: nothing is set, and what holds depends on the command. */
  readonly value: string;
  readonly from: Source;
}

const configFolder = (): string => findFolders(process.env).config;

/** Where the settings are, whether there are any or not. */
export const configPath = (): string => join(configFolder(), PROFILE_FILE);

/** What holds for a command without flags. Pure. */
export function effective(key: PlainKey, profile: Profile, env: NodeJS.ProcessEnv): Effective {
  const { env: variable, fallback } = SETTINGS[key];
  const given = env[variable];
  if (given !== undefined && given !== '') return { key, value: given, from: 'environment' };
  const set = profile[key];
  return set === undefined ? { key, value: fallback, from: 'default' } : { key, value: String(set), from: 'config' };
}

/** @throws Failure `usage` for an unknown key. */
export async function getSetting(typed: string, output: Output): Promise<void> {
  if (actionIn(typed) === undefined && (await keyOf(typed)) === 'keys') return print(await currentKeys(), output);
  const { key, value, from } = await currentSetting(typed);
  if (output.json) await output.object({ key, value, from });
  else if (value !== '') await output.line(inline(value));
}

export const listSettings = async (output: Output): Promise<void> => print(await currentSettings(), output);

/** A setting with what holds for a command without flags. */
export interface CurrentSetting {
  readonly key: string;
  readonly value: string;
  readonly from: Source;
  /** The same for people. */
  readonly source: string;
  readonly meaning: string;
  /** The values that it takes, where these are few. */
  readonly values: readonly string[];
}

/** @throws Failure `usage` for an unknown key, and for `keys`. */
export async function currentSetting(typed: string): Promise<CurrentSetting> {
  const { profile } = await read();
  const action = actionIn(typed);
  return action === undefined
    ? currentPlain(await plainKeyOf(typed), profile)
    : currentKey(keySetting(profile.keys, action));
}

/** All of them; the keys of the chat in one. */
export async function currentSettings(): Promise<readonly CurrentSetting[]> {
  const { profile } = await read();
  const actions = Object.keys(profile.keys ?? {});
  const from = actions.length > 0 ? 'config' : 'default';
  const meaning = 'keys of the chat: see im config get keys';
  return [
    ...PLAIN_KEYS.map((key) => currentPlain(key, profile)),
    { key: 'keys', value: actions.join(', '), from, source: from, meaning, values: [] },
  ];
}

/** The keys of each action. */
export async function currentKeys(): Promise<readonly CurrentSetting[]> {
  return keySettings((await read()).profile.keys).map(currentKey);
}

function currentPlain(key: PlainKey, profile: Profile): CurrentSetting {
  const { value, from } = effective(key, profile, process.env);
  const { env, meaning, choices = [] } = SETTINGS[key];
  return { key, value, from, source: from === 'environment' ? env : from, meaning, values: choices };
}

const currentKey = (setting: KeySetting): CurrentSetting => ({ ...setting, source: setting.from, values: [] });

const COLUMNS = [{ heading: 'KEY' }, { heading: 'VALUE' }, { heading: 'FROM' }, { heading: 'MEANING', isSpare: true }];

const print = (settings: readonly CurrentSetting[], output: Output): Promise<void> =>
  printList(output, COLUMNS, settings, {
    toObject: ({ key, value, from }) => ({ key, value, from }),
    toRow: ({ key, value, source, meaning }) =>
      [key, value === '' ? '-' : value, source, meaning].map((text) => inline(text)),
  });

/** Resolves when the setting is on disk. @throws Failure `usage` for an unknown key, or a value that it does not take. */
export async function setSetting(typed: string, text: string): Promise<void> {
  const action = actionIn(typed);
  if (action !== undefined) return changeKeys((keys) => withKeys(keys, action, text));
  const key = await plainKeyOf(typed);
  const value = SETTINGS[key].parse(text);
  if (typeof value === 'object') throw new Failure('usage', `${key} is not set: ${text} ${value.problem}`);
  await change(key, value);
}

/** Resolves when the setting is no longer on disk. @throws Failure `usage` for an unknown key. */
export async function unsetSetting(typed: string): Promise<void> {
  const action = actionIn(typed);
  if (action !== undefined) return changeKeys((keys) => withoutKeys(keys, action));
  await change(await keyOf(typed), undefined);
}

async function changeKeys(changed: (keys: Profile['keys']) => KeySettings): Promise<void> {
  const keys = changed((await read()).settings.keys);
  await change('keys', Object.keys(keys).length === 0 ? undefined : keys);
}

/** @throws Failure `usage` for an unknown key, and for `keys`. */
async function plainKeyOf(typed: string): Promise<PlainKey> {
  const key = await keyOf(typed);
  return key === 'keys' ? keysAreMany() : key;
}

async function keyOf(typed: string): Promise<ProfileKey> {
  const key = findKey(typed);
  if (key !== undefined) return key;
  const { nearName } = await import('../accounts/near-name.js'); // loaded only when needed
  const near = nearName(typed, PROFILE_KEYS);
  throw new Failure('usage', `there is no setting ${typed}`, {
    next: near === undefined ? `the settings are: ${PROFILE_KEYS.join(', ')}` : `did you mean ${near}?`,
  });
}

/** @throws Failure `usage` for a file that is malformed: it is not overwritten. */
async function read(): Promise<{ readonly profile: Profile; readonly settings: Profile }> {
  const text = (await readProfileText(configFolder())) ?? '{}';
  return { profile: parseProfile(text, configPath()), settings: parseSettings(text, configPath()) };
}

async function change(key: ProfileKey, value: SettingValue | KeySettings | undefined): Promise<void> {
  const { settings } = await read();
  const { [key]: before, ...others } = settings;
  if (isDeepStrictEqual(before, value)) return;
  const changed = value === undefined ? others : { ...settings, [key]: value };
  try {
    await replace(configPath(), `${JSON.stringify(changed, null, 2)}\n`);
  } catch (error) {
    throw isRefusal(error) ? refusedFolder(error, configFolder(), 'config') : error;
  }
}

/** Replaces the file (mode 0600) at once and durably. A symbolic link to it stays. */
async function replace(named: string, text: string): Promise<void> {
  await files.makeFolder(dirname(named));
  const path = await realpath(named).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return named;
    throw error;
  });
  const temporary = `${path}.${process.pid}.tmp`;
  await removeIfThere(files, temporary);
  const file = await files.append(temporary, { new: true });
  try {
    await writeAll(file, Buffer.from(text));
    await file.sync();
  } catch (error) {
    await file.close();
    await removeIfThere(files, temporary);
    throw error;
  }
  await file.close();
  await files.rename(temporary, path);
  await files.syncFolder(dirname(path));
}
