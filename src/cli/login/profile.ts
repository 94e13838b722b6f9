/**
 * The profile: settings of this account that stay, as one JSON object that the user or `im config` writes. Flags and environment
 * come before it.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { isTrusted, NotTrusted } from '../../io/permissions.js';
import { Failure } from '../errors/failure.js';
import { isRefusal, refusedFolder } from '../errors/folder-refusal.js';
import { expandHome } from '../input/typed-path.js';

/** The type of each key; `src/cli/config/settings.ts` says more about them. */
const TYPES = {
  url: 'string',
  user: 'string',
  data: 'string',
  tokenFile: 'string',
  ca: 'string',
  device: 'string',
  theme: 'string',
  notify: 'string',
  lang: 'string',
  plain: 'boolean',
  ascii: 'boolean',
  ambiguousWidth: 'number',
  mouse: 'boolean',
  title: 'boolean',
  historySize: 'number',
  keys: 'keys',
} as const;

interface TypeOf {
  readonly string: string;
  readonly boolean: boolean;
  readonly number: number;
  /** The keys of the chat by action; src/tui checks them when it needs them. */
  readonly keys: Readonly<Record<string, string | readonly string[]>>;
}

export type ProfileKey = keyof typeof TYPES;
/** A setting with one value. */
export type PlainKey = Exclude<ProfileKey, 'keys'>;
export type Profile = { readonly [K in ProfileKey]?: TypeOf[(typeof TYPES)[K]] };

/** The keys of the profile; `im help` names them. */
export const PROFILE_KEYS = Object.keys(TYPES) as readonly ProfileKey[];
export const PROFILE_FILE = 'profile.json';

/**
 * Reads `profile.json` in the config folder; `{}` if there is none, or if the folder is closed to this account: in a container
 * the home is often that of root. @throws Failure `usage` when it is malformed, `data-unusable` when it cannot be read.
 */
export async function readProfile(configFolder: string): Promise<Profile> {
  const path = join(configFolder, PROFILE_FILE);
  const text = await readProfileText(configFolder);
  return text === undefined ? {} : parseProfile(text, path);
}

/** The same as it is in the file; undefined for `{}`. */
export async function readProfileText(configFolder: string): Promise<string | undefined> {
  const path = join(configFolder, PROFILE_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
    if (!(await isTrusted(path))) throw new NotTrusted(`${path} belongs to another account`);
  } catch (error) {
    if (await isMissing(path)) return undefined;
    throw isRefusal(error) ? refusedFolder(error, configFolder, 'config') : error;
  }
  return text;
}

async function isMissing(path: string): Promise<boolean> {
  try {
    await stat(path);
    return false;
  } catch (error) {
    return ['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '');
  }
}

/** Paths in it are expanded: `~/` is the home folder. @throws Failure `usage` */
export function parseProfile(text: string, path: string): Profile {
  return withPaths(parseSettings(text, path), path);
}

/** The same without expanding anything. @throws Failure `usage` */
export function parseSettings(text: string, path: string): Profile {
  let profile: unknown;
  try {
    profile = JSON.parse(text);
  } catch (cause) {
    throw new Failure('usage', `${path} is not JSON`, { why: (cause as Error).message, cause });
  }
  const isObject = typeof profile === 'object' && profile !== null && !Array.isArray(profile);
  const wrong = isObject
    ? Object.entries(profile as object).find(([key, value]) => !isKey(key) || !isOf(TYPES[key], value))
    : undefined;
  if (isObject && wrong === undefined) return profile as Profile;
  const why =
    wrong && (isKey(wrong[0]) ? `${wrong[0]} has to be ${NAMES[TYPES[wrong[0]]]}` : `${wrong[0]} is not one of them`);
  throw new Failure('usage', `${path} must be an object with these keys: ${PROFILE_KEYS.join(', ')}`, { why });
}

export const isKey = (key: string): key is ProfileKey => Object.hasOwn(TYPES, key);

const NAMES: Readonly<Record<keyof TypeOf, string>> = {
  string: 'a string',
  boolean: 'a boolean',
  number: 'a number',
  keys: 'an object with keys by action, such as {"search":"alt+s","undo":["ctrl+_","f5"]}',
};

function isOf(type: keyof TypeOf, value: unknown): boolean {
  if (type !== 'keys') return typeof value === type;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const isText = (one: unknown): boolean => typeof one === 'string';
  return Object.values(value).every((one) => isText(one) || (Array.isArray(one) && one.every(isText)));
}

function withPaths(profile: Profile, file: string): Profile {
  const expand = (key: 'data' | 'tokenFile' | 'ca'): Profile => {
    const path = profile[key];
    if (path === undefined) return {};
    const expanded = path === '-' ? { problem: 'is -, but has to be a path' } : expandHome(path);
    if (typeof expanded === 'object') throw new Failure('usage', `${key} in ${file} ${expanded.problem}`);
    return { [key]: expanded };
  };
  return { ...profile, ...expand('data'), ...expand('tokenFile'), ...expand('ca') };
}
