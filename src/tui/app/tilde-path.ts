/** Paths as people write and read them: `~` is their home. Pure. */
import { isAbsolute, join, relative, resolve } from 'node:path';

/** Where a person's paths begin. */
export interface PathContext {
  readonly home: string;
  /** The folder in which `im` was started. */
  readonly here: string;
}

/** The path that was meant, absolute. */
export const expandPath = (path: string, { home, here }: PathContext): string =>
  path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : resolve(here, path);

/** An absolute path, as short as it can be said. */
export function displayPath(path: string, { home }: Pick<PathContext, 'home'>): string {
  const below = relative(home, path);
  return below.startsWith('..') || isAbsolute(below) ? path : join('~', below);
}
