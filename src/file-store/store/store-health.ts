/**
 * Whether the store can store now, and why not. The journal tells what it meets; besides, `watch` looks for what would only be
 * met later, and `whyNot` writes a small file if nothing was written for a while. Each trouble is logged once when it begins,
 * and once when it is over.
 */
import { join } from 'node:path';
import { errorCode } from '../../disk/disk-errors.js';
import { writeAll } from '../../disk/json-file.js';
import type { Clock, Timer } from '../../io/clock.js';
import type { Files } from '../../io/files.js';
import type { Log } from '../../io/log.js';
import { HEALTH } from '../limits.js';

interface StoreHealthOptions {
  readonly files: Files;
  readonly folder: string;
  readonly clock: Pick<Clock, 'monotonic' | 'after' | 'every'>;
  readonly log: Log;
  /** Since when a record waits for the disk, without any progress; ms, monotonic. Undefined if none does. */
  readonly waitingSince: () => number | undefined;
}

/** Why nothing can be stored, for people; and the events of the log when it begins and when it is over. */
const TROUBLES = {
  full: { text: 'the disk is full', begins: 'disk-full', ends: 'disk-has-space' },
  hanging: { text: 'the disk does not answer', begins: 'disk-hangs', ends: 'disk-answers' },
  descriptors: { text: 'no file descriptor is left', begins: 'no-descriptors', ends: 'descriptors-free' },
  gone: { text: 'the data folder is gone', begins: 'folder-gone', ends: 'folder-back' },
  refusing: { text: 'the data folder cannot be written', begins: 'disk-refuses', ends: 'disk-accepts' },
} as const;

type Trouble = keyof typeof TROUBLES;

const CODES: Readonly<Record<string, Trouble>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EMFILE: 'descriptors',
  ENFILE: 'descriptors',
  ENOENT: 'gone',
};

const troubleOf = (error: unknown): Trouble => CODES[errorCode(error) ?? ''] ?? 'refusing';

/** What is over when a look succeeds, and when a write to a file does: the journal's is open already, and needs no descriptor. */
const OVER_BY_LOOK: readonly Trouble[] = ['descriptors', 'gone'];
const OVER_BY_WRITE: readonly Trouble[] = ['full', 'refusing'];

export class StoreHealth {
  readonly #options: StoreHealthOptions;
  /** When each trouble began; ms, monotonic. In this order. */
  readonly #troubles = new Map<Trouble, number>();
  /** When something was last made durable, and when that was last tried here; ms, monotonic. */
  #wroteAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** The look and the write in progress, and when each was started. */
  #look: number | undefined;
  #write: { readonly startedAt: number; readonly done: Promise<void> } | undefined;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
  }

  /** The journal met a full disk, or has written after that. */
  full(isFull: boolean, cause?: unknown): void {
    if (isFull) this.#begin('full', cause);
    else this.#end('full');
  }

  /** The journal has written a batch. */
  written(): void {
    this.#wroteAt = this.#options.clock.monotonic();
    if (this.#troubles.size > 0) for (const trouble of OVER_BY_WRITE) this.#end(trouble);
  }

  /** Looks once a second until the timer is cancelled. */
  watch(): Timer {
    return this.#options.clock.every(HEALTH.lookMs, () => {
      this.#lookAtFolder();
      this.#lookForHang();
      // Only a write can tell that this is over.
      const needsWrite = OVER_BY_WRITE.some((trouble) => this.#troubles.has(trouble));
      if (needsWrite && this.#ageOf(this.#triedAt) >= HEALTH.writeMs) void this.#tryToWrite();
    });
  }

  /** Why nothing can be stored now; undefined if something can. Waits for a disk that is slow, at most HEALTH.hangMs. */
  async whyNot(): Promise<string | undefined> {
    this.#lookForHang();
    if (this.#troubles.size === 0 && this.#ageOf(this.#wroteAt) > HEALTH.writeMs) {
      const { clock } = this.#options;
      const written = this.#tryToWrite();
      const left = HEALTH.hangMs - this.#ageOf(this.#write?.startedAt ?? clock.monotonic());
      let timer: Timer | undefined;
      const hung = new Promise<void>((resolve) => {
        timer = clock.after(Math.max(left, 0) + 1, resolve);
      });
      await Promise.race([written, hung]);
      timer?.cancel();
      this.#lookForHang();
    }
    const [trouble] = this.#troubles.keys();
    return trouble && TROUBLES[trouble].text;
  }

  #ageOf(at: number): number {
    return this.#options.clock.monotonic() - at;
  }

  #lookForHang(): void {
    const started = [this.#options.waitingSince(), this.#look, this.#write?.startedAt];
    const isHanging = started.some((at) => at !== undefined && this.#ageOf(at) > HEALTH.hangMs);
    if (isHanging) this.#begin('hanging');
    else this.#end('hanging');
  }

  /** Opens a file of the store and closes it: writes nothing. */
  #lookAtFolder(): void {
    const { files, folder, clock } = this.#options;
    if (this.#look !== undefined) return;
    this.#look = clock.monotonic();
    const look = async (): Promise<void> => {
      try {
        await (await files.open(join(folder, 'store.json'))).close();
        for (const trouble of OVER_BY_LOOK) this.#end(trouble);
      } catch (error) {
        this.#begin(troubleOf(error), error);
      } finally {
        this.#look = undefined;
      }
    };
    void look();
  }

  /** Joins a write in progress: a disk that hangs must not block more than one thread for this. */
  #tryToWrite(): Promise<void> {
    if (this.#write) return this.#write.done;
    this.#triedAt = this.#options.clock.monotonic();
    this.#write = {
      startedAt: this.#triedAt,
      done: this.#writeFile()
        .then(
          () => this.written(),
          (error: unknown) => this.#begin(troubleOf(error), error),
        )
        .finally(() => {
          this.#write = undefined;
        }),
    };
    return this.#write.done;
  }

  async #writeFile(): Promise<void> {
    const { files, folder } = this.#options;
    const path = join(folder, 'probe.tmp');
    const file = await files.append(path);
    try {
      await writeAll(file, Buffer.alloc(HEALTH.writeBytes));
      await file.datasync();
    } finally {
      await file.close();
      await files.remove(path);
    }
  }

  #begin(trouble: Trouble, cause?: unknown): void {
    if (this.#troubles.has(trouble)) return;
    const { clock, log, folder } = this.#options;
    this.#troubles.set(trouble, clock.monotonic());
    const { begins, text } = TROUBLES[trouble];
    if (cause === undefined) log.warn(begins, { folder, reason: text });
    else log.error(begins, cause, { folder });
  }

  #end(trouble: Trouble): void {
    const since = this.#troubles.get(trouble);
    if (since === undefined) return;
    this.#troubles.delete(trouble);
    const { log, folder } = this.#options;
    log.info(TROUBLES[trouble].ends, { folder, seconds: Math.round(this.#ageOf(since) / 1_000) });
  }
}
