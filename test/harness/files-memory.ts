/**
 * An in-memory disk that can lose power. It tracks what was synced and what is in the page cache only; after a crash it
 * keeps a random legal subset of the latter: writes torn at sectors, in any order; names created, moved or removed, or
 * not.
 */
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import type { Files, OpenFile, ReadableFile } from '../../src/io/files.js';
import { memoryLock } from './memory-lock.js';

/** An integer from 0 up to, but not including, `bound`. */
export type Random = (bound: number) => number;

const SECTOR_BYTES = 512;

/** An unsynced change of a file: bytes at a position, or a new length. */
type Change = { readonly position: number; readonly bytes: Buffer } | { readonly length: number };

class Inode {
  readonly id = randomUUID();
  /** What readers see. */
  bytes: Buffer;
  /** The durable contents. */
  #synced: Buffer;
  #changes: Change[] = [];
  /** Whether a failed sync has lost changes that readers see. */
  #hasLost = false;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.bytes = bytes;
    this.#synced = bytes;
  }

  write(bytes: Uint8Array, position = this.bytes.length): void {
    this.#change({ position, bytes: Buffer.from(bytes) });
  }

  truncate(length: number): void {
    this.#change({ length });
  }

  #change(change: Change): void {
    this.bytes = applied(this.bytes, change);
    this.#changes.push(change);
  }

  sync(): void {
    this.#synced = this.#hasLost ? this.#changes.reduce(applied, this.#synced) : this.bytes;
    this.#changes = [];
  }

  /** A failed sync: the kernel marks the pages clean, and no later sync writes them. */
  failSync(): void {
    this.#hasLost ||= this.#changes.length > 0;
    this.#changes = [];
  }

  copy(): Inode {
    const copy = new Inode(this.#synced);
    copy.bytes = this.bytes;
    copy.#changes = [...this.#changes];
    copy.#hasLost = this.#hasLost;
    return copy;
  }

  /** The file after a loss of power. */
  afterCrash(random: Random): Inode {
    let bytes = this.#synced;
    for (const change of this.#changes) {
      const fate = random(4);
      if (fate === 0) continue;
      if (fate === 1 && 'bytes' in change)
        for (const sector of someSectors(change, random)) bytes = applied(bytes, sector);
      else bytes = applied(bytes, change);
    }
    return new Inode(bytes);
  }
}

/** Of the memory that `appended` has made: how much is in use. What follows is free. */
const used = new WeakMap<ArrayBufferLike, number>();

/** A new value; the old one stays as it is, and shares memory with it: a file of many small appends is not copied for each. */
function appended(bytes: Buffer, piece: Buffer): Buffer {
  const length = bytes.length + piece.length;
  const isExtensible =
    used.get(bytes.buffer) === bytes.byteOffset + bytes.length && bytes.byteOffset + length <= bytes.buffer.byteLength;
  const whole = isExtensible
    ? Buffer.from(bytes.buffer, bytes.byteOffset, length)
    : Buffer.from(new ArrayBuffer(2 * length), 0, length);
  if (!isExtensible) bytes.copy(whole);
  piece.copy(whole, bytes.length);
  used.set(whole.buffer, whole.byteOffset + length);
  return whole;
}

function applied(bytes: Buffer, change: Change): Buffer {
  if ('length' in change) return bytes.subarray(0, change.length);
  const { position, bytes: piece } = change;
  if (position === bytes.length) return appended(bytes, piece);
  const result = Buffer.alloc(Math.max(bytes.length, position + piece.length));
  bytes.copy(result);
  piece.copy(result, position);
  return result;
}

/** A random subset of the sectors of a write. The file may have grown nevertheless: the gaps are zeros. */
function someSectors({ position, bytes }: { position: number; bytes: Buffer }, random: Random): Change[] {
  const sectors: Change[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = Math.min(bytes.length, start + SECTOR_BYTES - ((position + start) % SECTOR_BYTES));
    if (random(2) === 0) sectors.push({ position: position + start, bytes: bytes.subarray(start, end) });
    start = end;
  }
  return sectors;
}

/** An unsynced change of a folder: the files of some names from now on. */
interface NameChange {
  readonly names: Map<string, Inode | undefined>;
  /** A sync of it failed. */
  isLost: boolean;
}

function applyNames(to: Map<string, Inode>, names: NameChange['names']): void {
  for (const [path, inode] of names) {
    if (inode) to.set(path, inode);
    else to.delete(path);
  }
}

/** The operations of a MemoryDisk, for `watch`. */
export type Operation =
  | 'append'
  | 'rewrite'
  | 'open'
  | 'read'
  | 'write'
  | 'datasync'
  | 'sync'
  | 'truncate'
  | 'size'
  | 'close'
  | 'rename'
  | 'remove'
  | 'makeFolder'
  | 'list'
  | 'syncFolder';

/**
 * Called before each operation. May delay it, throw a system error, or, for a write, return the maximum number of bytes
 * that is written.
 */
export type Watch = (operation: Operation, path: string) => Promise<number | undefined> | number | undefined;

const systemError = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });

export class MemoryDisk {
  /** Path → file, as processes see it. */
  readonly #names: Map<string, Inode>;
  /** Path → file, as far as it is durable. */
  readonly #durable: Map<string, Inode>;
  /** Folder → unsynced changes, in order. */
  readonly #changes = new Map<string, NameChange[]>();
  readonly #folders: Set<string>;
  /** Observes or disturbs the operations. Can be replaced at any time. */
  watch: Watch = () => undefined;

  constructor(names = new Map<string, Inode>(), folders = new Set<string>()) {
    this.#names = names;
    this.#durable = new Map(names);
    this.#folders = folders;
  }

  /** The disk after a loss of power now. This object must not be used any more. */
  crash(random: Random): MemoryDisk {
    const names = new Map(this.#durable);
    for (const changes of this.#changes.values()) {
      for (const { names: changed } of changes) {
        if (random(3) > 0) applyNames(names, changed);
      }
    }
    const after = new Map<Inode, Inode>();
    for (const inode of new Set(names.values())) after.set(inode, inode.afterCrash(random));
    const kept = new Map([...names].map(([path, inode]) => [path, after.get(inode) as Inode]));
    return new MemoryDisk(kept, new Set(this.#folders));
  }

  /** The disk as the next process finds it after this one was killed: nothing is lost. Later writes do not change it. */
  kill(): MemoryDisk {
    const after = new Map([...new Set(this.#names.values())].map((inode) => [inode, inode.copy()]));
    const names = [...this.#names].map(([path, inode]): [string, Inode] => [path, after.get(inode) as Inode]);
    return new MemoryDisk(new Map(names), new Set(this.#folders));
  }

  /** An independent copy in which everything is synced: for tests that damage files. */
  clone(): MemoryDisk {
    const names = new Map<string, Inode>();
    for (const [path, { bytes }] of this.#names) {
      names.set(path, new Inode(bytes));
    }
    return new MemoryDisk(names, new Set(this.#folders));
  }

  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  bytesOf(path: string): Buffer {
    return this.#inode(path).bytes;
  }

  /** Replaces the contents of a file directly, as damage does. */
  overwrite(path: string, bytes: Buffer): void {
    this.#inode(path);
    const inode = new Inode(Buffer.from(bytes));
    this.#names.set(path, inode);
    this.#durable.set(path, inode);
  }

  readonly files: Files = {
    ...memoryLock(),
    append: async (path, options) => {
      await this.watch('append', path);
      if (!this.#folders.has(dirname(path))) throw systemError('ENOENT', path);
      if (options?.new && this.#names.has(path)) throw systemError('EEXIST', path);
      const inode = this.#names.get(path) ?? new Inode();
      if (!this.#names.has(path)) this.#change([[path, inode]]);
      return this.#openFile(path, inode);
    },
    rewrite: async (path, position) => {
      await this.watch('rewrite', path);
      return this.#openFile(path, this.#inode(path), position);
    },
    open: async (path) => {
      await this.watch('open', path);
      return this.#readableFile(path, this.#inode(path));
    },
    read: async (path) => {
      await this.watch('read', path);
      return Buffer.from(this.#inode(path).bytes);
    },
    rename: async (from, to) => {
      await this.watch('rename', from);
      this.#change([
        [from, undefined],
        [to, this.#inode(from)],
      ]);
    },
    remove: async (path) => {
      await this.watch('remove', path);
      this.#inode(path);
      this.#change([[path, undefined]]);
    },
    makeFolder: async (path) => {
      await this.watch('makeFolder', path);
      for (let folder = path; !this.#folders.has(folder); folder = dirname(folder)) this.#folders.add(folder);
    },
    claimFolder: async () => {},
    list: async (path) => {
      await this.watch('list', path);
      if (!this.#folders.has(path)) throw systemError('ENOENT', path);
      return this.paths()
        .filter((name) => dirname(name) === path)
        .map((name) => name.slice(path.length + 1));
    },
    syncFolder: async (path) => {
      const changes = this.#changes.get(path) ?? [];
      try {
        await this.watch('syncFolder', path);
      } catch (error) {
        for (const change of changes) change.isLost = true; // No later sync writes them; the disk may have.
        throw error;
      }
      const lost = changes.filter(({ isLost }) => isLost);
      for (const { names, isLost } of changes) {
        if (isLost) continue;
        applyNames(this.#durable, names);
        // An earlier, lost change must not override a name that is durable now.
        for (const one of lost) for (const name of names.keys()) one.names.delete(name);
      }
      this.#changes.set(path, lost);
    },
    identify: (path) => {
      const inode = this.#names.get(path);
      return inode && { id: inode.id, size: inode.bytes.length };
    },
  };

  #inode(path: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw systemError('ENOENT', path);
    return inode;
  }

  #change(entries: readonly (readonly [string, Inode | undefined])[]): void {
    const folder = dirname(entries[0]?.[0] ?? '');
    const changes = this.#changes.get(folder) ?? [];
    this.#changes.set(folder, changes);
    const change = { names: new Map(entries), isLost: false };
    changes.push(change);
    applyNames(this.#names, change.names);
  }

  async #sync(operation: Operation, path: string, inode: Inode): Promise<void> {
    try {
      await this.watch(operation, path);
    } catch (error) {
      inode.failSync();
      throw error;
    }
    inode.sync();
  }

  #openFile(path: string, inode: Inode, position?: number): OpenFile {
    let next = position;
    return {
      write: async (bytes) => {
        const most = (await this.watch('write', path)) ?? bytes.length;
        const taken = Buffer.from(bytes.subarray(0, most));
        inode.write(taken, next);
        if (next !== undefined) next += taken.length;
        return taken.length;
      },
      datasync: async () => {
        await this.#sync('datasync', path, inode);
      },
      sync: async () => {
        await this.#sync('sync', path, inode);
      },
      truncate: async (length) => {
        await this.watch('truncate', path);
        inode.truncate(length);
      },
      size: async () => {
        await this.watch('size', path);
        return inode.bytes.length;
      },
      close: async () => {
        await this.watch('close', path);
      },
    };
  }

  #readableFile(path: string, inode: Inode): ReadableFile {
    return {
      read: async (position, length) => {
        await this.watch('read', path);
        return Buffer.from(inode.bytes.subarray(position, position + length));
      },
      size: async () => inode.bytes.length,
      close: async () => {
        await this.watch('close', path);
      },
    };
  }
}
