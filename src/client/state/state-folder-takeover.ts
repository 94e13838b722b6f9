/**
 * Takeover of a state folder between two processes of one user on one machine. Usually the server tells the older process that
 * it is replaced (R6). While the older one is offline the server cannot: then the newer one leaves a request file in the folder,
 * and the older one polls for it and gives way.
 */
import { join } from 'node:path';
import { StorageError } from '../../disk/disk-errors.js';
import { readJsonFile, removeIfThere, writeJsonFile } from '../../disk/json-file.js';
import { identifyProcess, isAlive, type ProcessIdentity } from '../../disk/process-identity.js';
import type { Timer } from '../../io/clock.js';
import { CLIENT } from '../limits.js';
import type { ClientPorts } from '../ports.js';

const FORMAT = 1;
const REQUEST_FILE = /^wanted-by-\d+$/;

export class StateFolderTakeover {
  #hasRequested = false;
  #timer: Timer | undefined;

  /** @param folder the state folder; it exists. */
  constructor(
    private readonly folder: string,
    private readonly ports: Pick<ClientPorts, 'files' | 'clock'>,
  ) {}

  /** The newer process: requests the folder. */
  async request(): Promise<void> {
    if (this.#hasRequested) return;
    this.#hasRequested = true;
    const self = (await identifyProcess(process.pid)) ?? { pid: process.pid };
    const path = this.#pathOf(`wanted-by-${process.pid}`);
    await writeJsonFile({ files: this.ports.files, path, format: FORMAT }, self);
  }

  /** The newer process: removes its request, because it has the folder, or gave up. */
  async withdraw(): Promise<void> {
    if (!this.#hasRequested) return;
    this.#hasRequested = false;
    await removeIfThere(this.ports.files, this.#pathOf(`wanted-by-${process.pid}`));
  }

  /**
   * The older process: polls for a request, until one is found or `stopWatching` is called.
   * @param onRequest called once, when a request is found; or with the error of a poll.
   */
  watch(onRequest: (error?: unknown) => void): void {
    this.stopWatching();
    const poll = async (): Promise<void> => {
      const timer = this.#timer;
      const isRequested = await this.#isRequested();
      if (!isRequested || timer !== this.#timer) return;
      this.stopWatching();
      onRequest();
    };
    this.#timer = this.ports.clock.every(CLIENT.takeoverPollMs, () => void poll().catch(onRequest));
  }

  stopWatching(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #isRequested(): Promise<boolean> {
    const names = (await this.ports.files.list(this.folder)).filter((name) => REQUEST_FILE.test(name));
    const live = await Promise.all(names.map((name) => this.#isFromLiveProcess(this.#pathOf(name))));
    return live.includes(true);
  }

  /** Removes the request of a process that does not run any more. */
  async #isFromLiveProcess(path: string): Promise<boolean> {
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
