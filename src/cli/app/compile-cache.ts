/** Keeps the compiled code of `im` between two runs, where Node can do that: it starts faster. Loaded before everything else. */
import { lstatSync, mkdirSync } from 'node:fs';
import nodeModule from 'node:module';
import { join } from 'node:path';

/** Since Node 22.1. It does not throw: what cannot be read or written is compiled again. */
type Enable = (folder: string) => unknown;

/**
 * In `$XDG_CACHE_HOME/im`, else `~/.cache/im`, which is made. Does nothing, silently, in an older Node, with
 * NODE_DISABLE_COMPILE_CACHE, and where the folder cannot be made or others may write into it: what is in it is run. @param enable undefined: Node cannot do it.
 */
export function cacheCompiledCode(
  env: NodeJS.ProcessEnv,
  enable = (nodeModule as { readonly enableCompileCache?: Enable }).enableCompileCache,
): void {
  const { XDG_CACHE_HOME, HOME, NODE_DISABLE_COMPILE_CACHE } = env;
  if (enable === undefined || NODE_DISABLE_COMPILE_CACHE !== undefined) return;
  const parent = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : HOME?.startsWith('/') && join(HOME, '.cache');
  if (!parent) return;
  const folder = join(parent, 'im');
  if (isOurs(folder) || (make(parent) && make(folder) && isOurs(folder))) enable(folder);
}

/** Whether nobody else can have written into it: the code of another account would run as this one, such as root with sudo. */
function isOurs(folder: string): boolean {
  try {
    const found = lstatSync(folder);
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
  } catch {
    return false; // not there yet, or not for us
  }
}

/** Whether it is there now. The folder that it is in is not made. */
function make(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}
