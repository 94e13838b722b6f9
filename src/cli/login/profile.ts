/** The profile: defaults of this account, as one JSON object that the user writes. Flags and environment come before it. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { isTrusted, NotTrusted } from '../../io/permissions.js';
import { Failure } from '../errors/failure.js';
import { isRefusal, refusedFolder } from '../errors/folder-refusal.js';
import { expandHome } from '../input/typed-path.js';

/** The keys of the profile; `im help` names them. */
export const PROFILE_KEYS = ['url', 'user', 'data', 'tokenFile', 'ca', 'device', 'theme'] as const;

export type Profile = { readonly [K in (typeof PROFILE_KEYS)[number]]?: string };

/**
 * Reads `profile.json` in the config folder; `{}` if there is none, or if the folder is closed to this account: in a container
 * the home is often that of root. @throws Failure `usage` when it is malformed, `data-unusable` when it cannot be read.
 */
export async function readProfile(configFolder: string): Promise<Profile> {
  const path = join(configFolder, 'profile.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
    if (!(await isTrusted(path))) throw new NotTrusted(`${path} belongs to another account`);
  } catch (error) {
    if (await isMissing(path)) return {};
    throw isRefusal(error) ? refusedFolder(error, configFolder, 'config') : error;
  }
  return parseProfile(text, path);
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
  let profile: unknown;
  try {
    profile = JSON.parse(text);
  } catch (cause) {
    throw new Failure('usage', `${path} is not JSON`, { why: (cause as Error).message, cause });
  }
  const isObject = typeof profile === 'object' && profile !== null && !Array.isArray(profile);
  const wrong =
    isObject && Object.entries(profile as object).find(([key, value]) => !isKnown(key) || typeof value !== 'string');
  if (!isObject || wrong) {
    const why = wrong ? `${wrong[0]} is not one of them, or not a string` : undefined;
    throw new Failure('usage', `${path} must be an object of strings: ${PROFILE_KEYS.join(', ')}`, { why });
  }
  return withPaths(profile as Profile, path);
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

const isKnown = (key: string): boolean => (PROFILE_KEYS as readonly string[]).includes(key);
