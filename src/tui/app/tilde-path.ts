/** Paths with `~` for the home folder. Pure. */
import { isAbsolute, join, relative, resolve } from 'node:path';

export interface PathContext {
  readonly home: string;
  readonly cwd: string;
}

/** The absolute path; `~/…` is below the home folder, other relative paths below the working folder. */
export const expandPath = (path: string, { home, cwd }: PathContext): string =>
  path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : resolve(cwd, path);

/** An absolute path, with `~` if it is below the home folder. */
export function displayPath(path: string, { home }: Pick<PathContext, 'home'>): string {
  const below = relative(home, path);
  return below.startsWith('..') || isAbsolute(below) ? path : join('~', below);
}
