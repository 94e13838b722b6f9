/**
 * Two processes of one user on one machine. The server tells the older one that a newer one has come (R6), if it can reach it.
 * As long as it cannot, the older one looks for a note that the newer one leaves in the state folder, and gives way.
 */
import { join } from 'node:path';
import { StorageError } from '../disk/disk-errors.js';
import { readJsonFile, removeIfThere, writeJsonFile } from '../disk/json-file.js';
import { identifyProcess, isAlive, type ProcessIdentity } from '../disk/process-identity.js';
import type { Clock, Timer } from '../io/clock.js';
import type { Files } from '../io/files.js';
import { CLIENT } from './limits.js';

interface TakeoverPorts {
  readonly files: Files;
  readonly clock: Clock;
}

const FORMAT = 1;
const NOTE = /^wanted-by-\d+$/;

export class StateFolderTakeover {
  #hasAsked = false;
  #timer: Timer | undefined;

  /** @param folder the client's state folder, which is there. */
  constructor(
    private readonly folder: string,
    private readonly ports: TakeoverPorts,
  ) {}

  /** The newer process wants the folder. */
  async ask(): Promise<void> {
    if (this.#hasAsked) return;
    this.#hasAsked = true;
    const self = (await identifyProcess(process.pid)) ?? { pid: process.pid };
    await writeJsonFile(
      { files: this.ports.files, path: this.#pathOf(`wanted-by-${process.pid}`), format: FORMAT },
      self,
    );
  }

  /** It has the folder, or wants it no more. */
  async withdraw(): Promise<void> {
    if (!this.#hasAsked) return;
    this.#hasAsked = false;
    await removeIfThere(this.ports.files, this.#pathOf(`wanted-by-${process.pid}`));
  }

  /**
   * The older process looks, from now until `rest`, whether another one wants the folder.
   * @param wanted called once, when one does; or with what went wrong.
   */
  watch(wanted: (error?: unknown) => void): void {
    this.rest();
    const look = async (): Promise<void> => {
      const timer = this.#timer;
      const isWanted = await this.#isWanted();
      if (!isWanted || timer !== this.#timer) return;
      this.rest();
      wanted();
    };
    this.#timer = this.ports.clock.every(CLIENT.wantedLookMs, () => void look().catch(wanted));
  }

  rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #isWanted(): Promise<boolean> {
    const notes = (await this.ports.files.list(this.folder)).filter((name) => NOTE.test(name));
    const alive = await Promise.all(notes.map((note) => this.#isFromTheLiving(this.#pathOf(note))));
    return alive.includes(true);
  }

  async #isFromTheLiving(path: string): Promise<boolean> {
    const { files } = this.ports;
    try {
      if (await isAlive(await readJsonFile<ProcessIdentity>({ files, path, format: FORMAT }))) return true;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
    await removeIfThere(files, path);
    return false;
  }

  readonly #pathOf = (name: string): string => join(this.folder, name);
}
