/**
 * Locks a folder for one process. The lock is a Unix socket in the folder, `lock-1.sock`, `lock-2.sock` …: the kernel
 * closes it when its process ends in any way, and processes in other containers see it. A socket that nobody listens on
 * is free, whatever left it. On Linux an abstract socket comes first: it serves where a file system has no sockets, and
 * im 0.1 has no other lock. On Windows it is a named pipe.
 */
import { access, mkdtemp, open, readdir, rm, stat, symlink, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from './clock.js';

/** A lock that this process holds. */
export interface HeldLock {
  release(): Promise<void>;
}

/** A socket's address has room for about 100 bytes; a longer one is cut off without an error. */
const MAX_ADDRESS_BYTES = 100;
/** Two processes that see each other's new socket both step back and try again. */
const MAX_ATTEMPTS = 20;
const RETRY_MS = 20;

/** Undefined when another process holds the lock. @throws system errors. */
export async function lockFolder(folder: string, platform = process.platform): Promise<HeldLock | undefined> {
  const named = await namedAddress(folder, platform);
  const outer = named === undefined ? NO_LOCK : await holdNamed(named);
  if (!outer || platform === 'win32') return outer;
  try {
    const inner = await holdSocketFile(folder);
    if (!inner) await outer.release();
    return inner && { release: async () => void (await Promise.all([inner.release(), outer.release()])) };
  } catch (error) {
    // Not every file system has sockets: SMB, exFAT, some shared folders of virtual machines.
    if (named !== undefined && HAS_NO_SOCKETS.has((error as NodeJS.ErrnoException).code ?? '')) return outer;
    await outer.release();
    throw error;
  }
}

/** Whether a process holds the lock. Changes nothing. ENOENT if the folder does not exist. */
export async function isFolderLocked(folder: string, platform = process.platform): Promise<boolean> {
  const named = await namedAddress(folder, platform);
  if (named !== undefined && (await isListening(named))) return true;
  return isAnyListening(folder, await numbersIn(folder));
}

const NO_LOCK: HeldLock = { release: async () => {} };
const HAS_NO_SOCKETS: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOTSUP', 'EPERM', 'EINVAL', 'ENOSYS']);

/** An address that belongs to no folder, but is made from the identity of one: the same for every path that leads to it. */
async function namedAddress(folder: string, platform: NodeJS.Platform): Promise<string | undefined> {
  const { dev, ino } = await stat(folder);
  if (platform === 'linux') return `\0im-lock-${dev}-${ino}`;
  return platform === 'win32' ? `\\\\.\\pipe\\im-lock-${dev}-${ino}` : undefined;
}

async function holdNamed(address: string): Promise<HeldLock | undefined> {
  const server = await listen(address);
  return server && { release: () => close(server) };
}

/**
 * A process that finds no living lock creates the next socket, and holds it if it then still is the only one: a process
 * between creating its socket and listening looks dead to others, and finds theirs when it listens.
 */
async function holdSocketFile(folder: string): Promise<HeldLock | undefined> {
  for (let attempt = 1; ; attempt++) {
    const before = await numbersIn(folder);
    if (await isAnyListening(folder, before)) return undefined;
    const own = Math.max(0, ...before) + 1;
    const short = await shortPath(folder);
    const server = await listen(join(short.path, socketName(own))).catch(async (error: unknown) => {
      await short.close();
      throw error;
    });
    if (!server) await short.close();
    else {
      const release = async (): Promise<void> => {
        await close(server); // removes its address, so the short path is needed until here
        await short.close();
        await removeSocket(folder, own);
      };
      const others = (await numbersIn(folder)).filter((number) => number !== own);
      if (others.every((number) => number < own) && !(await isAnyListening(folder, others))) {
        await Promise.all(others.map((number) => removeSocket(folder, number)));
        return { release };
      }
      await release();
    }
    if (attempt === MAX_ATTEMPTS) return undefined;
    await new Promise<void>((resolve) => systemClock.after(Math.random() * RETRY_MS, resolve));
  }
}

const socketName = (number: number): string => `lock-${number}.sock`;

const numbersIn = async (folder: string): Promise<number[]> =>
  (await readdir(folder)).flatMap((name) => Number(/^lock-(\d+)\.sock$/.exec(name)?.[1] ?? []));

async function removeSocket(folder: string, number: number): Promise<void> {
  await unlink(join(folder, socketName(number))).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function isAnyListening(folder: string, numbers: readonly number[]): Promise<boolean> {
  if (numbers.length === 0) return false;
  const short = await shortPath(folder);
  try {
    const alive = await Promise.all(numbers.map((number) => isListening(join(short.path, socketName(number)))));
    return alive.includes(true);
  } finally {
    await short.close();
  }
}

/** Whether a process listens. One that cannot be reached for another reason than that counts as listening. */
function isListening(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

/** Undefined if the address is in use. */
async function listen(address: string): Promise<Server | undefined> {
  const server = createServer((connection) => connection.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Others connect to a file to tell whether its process is alive: also other accounts. The folder is private.
      const isFile = !address.startsWith('\0');
      server.listen({ path: address, exclusive: true, readableAll: isFile, writableAll: isFile }, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return server;
}

const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

/** A path of the same folder that is short enough for the address of a socket in it, until it is closed. */
interface ShortPath {
  readonly path: string;
  close(): Promise<void>;
}

const fits = (folder: string): boolean => Buffer.byteLength(folder) <= MAX_ADDRESS_BYTES - '/lock-000000.sock'.length;

/** @throws Error when there is none: a path that is too long, without /proc and with a long path for temporary files. */
async function shortPath(folder: string): Promise<ShortPath> {
  if (fits(folder)) return { path: folder, close: async () => {} };
  return (await descriptorPath(folder)) ?? (await linkPath(folder));
}

/** Linux: through an open descriptor of the folder. Nothing is written. */
async function descriptorPath(folder: string): Promise<ShortPath | undefined> {
  const handle = await open(folder);
  const path = `/proc/self/fd/${handle.fd}`;
  try {
    await access(path);
    return { path, close: () => handle.close() };
  } catch {
    await handle.close(); // no /proc
    return undefined;
  }
}

async function linkPath(folder: string): Promise<ShortPath> {
  const place = [tmpdir(), '/tmp'].find((one) => fits(join(one, 'im-XXXXXX', 'd')));
  if (place === undefined) throw new Error(`${folder}: the path is too long for a lock, and so is that of TMPDIR`);
  const temporary = await mkdtemp(join(place, 'im-'));
  const path = join(temporary, 'd');
  await symlink(folder, path);
  return { path, close: () => rm(temporary, { recursive: true }) };
}
