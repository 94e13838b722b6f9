/** `im config`: reads and changes the profile. */
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { removeIfThere, writeAll } from '../../disk/json-file.js';
import { realFiles as files } from '../../io/files.js';
import { inline, type SafeText } from '../../text/safe-text.js';
import { Failure } from '../errors/failure.js';
import { isRefusal, refusedFolder } from '../errors/folder-refusal.js';
import { findFolders } from '../login/folders.js';
import {
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
import { findKey, SETTINGS, type SettingValue } from './settings.js';

type Source = 'environment' | 'config' | 'default';

interface Effective {
  readonly key: ProfileKey;
  /** Empty: nothing is set, and what holds depends on the command. */
  readonly value: string;
  readonly from: Source;
}

const configFolder = (): string => findFolders(process.env).config;

/** Where the settings are, whether there are any or not. */
export const configPath = (): string => join(configFolder(), PROFILE_FILE);

/** What holds for a command without flags. Pure. */
export function effective(key: ProfileKey, profile: Profile, env: NodeJS.ProcessEnv): Effective {
  const { env: variable, fallback } = SETTINGS[key];
  const given = env[variable];
  if (given !== undefined && given !== '') return { key, value: given, from: 'environment' };
  const set = profile[key];
  return set === undefined ? { key, value: fallback, from: 'default' } : { key, value: String(set), from: 'config' };
}

/** @throws Failure `usage` for an unknown key. */
export async function getSetting(typed: string, output: Output): Promise<void> {
  const setting = effective(await keyOf(typed), (await read()).profile, process.env);
  if (output.json) await output.object(setting);
  else if (setting.value !== '') await output.line(inline(setting.value));
}

export async function listSettings(output: Output): Promise<void> {
  const { profile } = await read();
  const settings = PROFILE_KEYS.map((key) => effective(key, profile, process.env));
  await printList(output, COLUMNS, settings, { toObject: (setting) => setting, toRow });
}

const COLUMNS = [{ heading: 'KEY' }, { heading: 'VALUE' }, { heading: 'FROM' }, { heading: 'MEANING', isSpare: true }];

function toRow({ key, value, from }: Effective): SafeText[] {
  const { env, meaning } = SETTINGS[key];
  return [key, value === '' ? '-' : value, from === 'environment' ? env : from, meaning].map((text) => inline(text));
}

/** Resolves when the setting is on disk. @throws Failure `usage` for an unknown key, or a value that it does not take. */
export async function setSetting(typed: string, text: string): Promise<void> {
  const key = await keyOf(typed);
  const value = SETTINGS[key].parse(text);
  if (typeof value === 'object') throw new Failure('usage', `${key} is not set: ${text} ${value.problem}`);
  await change(key, value);
}

/** Resolves when the setting is no longer on disk. @throws Failure `usage` for an unknown key. */
export const unsetSetting = async (typed: string): Promise<void> => change(await keyOf(typed), undefined);

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

async function change(key: ProfileKey, value: SettingValue | undefined): Promise<void> {
  const { settings } = await read();
  const { [key]: before, ...others } = settings;
  if (before === value) return;
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
