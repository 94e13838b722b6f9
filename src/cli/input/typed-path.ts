/** Paths as people write them: `~/` at the front is the home folder, also where no shell has replaced it. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../errors/failure.js';

/**
 * The path with the home folder in place of `~`; other paths stay as they are. A problem completes a sentence that begins with
 * what names the path.
 * @throws Failure `usage` without a home folder.
 */
export function expandHome(path: string, home: () => string = homedir): string | { readonly problem: string } {
  if (path === '') return { problem: 'is empty' };
  const [front = ''] = path.split('/', 1);
  if (!front.startsWith('~')) return path;
  if (front === '~') return join(findHome(home), path.slice(1));
  return { problem: `is ${path}, and only ~/ is known here: write the whole path, or ./${path}` };
}

/**
 * The absolute path. @throws Failure `usage` for a relative path when that of the working folder is not UTF-8: Node cannot tell
 * its bytes, and would use another folder.
 */
export function toAbsolute(path: string, workingFolder: () => string = process.cwd): string {
  if (isAbsolute(path)) return resolve(path);
  const folder = workingFolder();
  if (!folder.includes('\ufffd')) return resolve(folder, path);
  throw new Failure('usage', `the path of the working folder is not UTF-8: ${folder}`, {
    next: 'give an absolute path',
  });
}

/** The home folder of this account. @throws Failure `usage` when there is none. */
export function findHome(home: () => string = homedir): string {
  let cause: unknown;
  try {
    const folder = home();
    // With an empty HOME it would be the working folder.
    if (isAbsolute(folder)) return folder;
  } catch (error) {
    cause = error;
  }
  throw new Failure('usage', 'this account has no home folder', {
    next: 'set HOME, or XDG_DATA_HOME, XDG_STATE_HOME and XDG_CONFIG_HOME',
    cause,
  });
}
