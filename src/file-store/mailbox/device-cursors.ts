/**
 * The devices of a mailbox, each with a cursor of its own. Pure. As long as MAIN_DEVICE was the only one its cursor is that
 * of the mailbox, and nothing is kept here.
 */
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import type { DeviceState } from '../../store/mailbox-contents.js';
import { SmallMap } from './small-map.js';

/** What a device chose when it was added. */
export type DeviceWishes = Pick<DeviceState, 'copies' | 'history'>;

interface Device {
  cursor: number;
  at: number;
  attempts: number[];
  copies: boolean;
  history: number;
}

export class DeviceCursors {
  readonly #devices = new SmallMap<Device>();
  /** Whether the devices are those kept here, maybe none. False: there is only MAIN_DEVICE. */
  #areKept: boolean;

  /** @param devices undefined: there is only MAIN_DEVICE. */
  constructor(devices: readonly DeviceState[] | undefined) {
    this.#areKept = devices !== undefined;
    for (const { device, cursor, at, attempts = [], copies = false, history = 0 } of devices ?? []) {
      this.#devices.set(device, { cursor, at, attempts: [...attempts], copies, history });
    }
  }

  get areKept(): boolean {
    return this.#areKept;
  }

  get size(): number {
    return this.#devices.size;
  }

  /** For the mailbox's file. */
  get state(): readonly DeviceState[] {
    return [...this.#devices.entries()].map(([device, { cursor, at, attempts, copies, history }]) => ({
      ...{ device, cursor, at },
      ...(attempts.length > 0 && { attempts: [...attempts] }),
      ...(copies && { copies }),
      ...(history > cursor && { history }),
    }));
  }

  cursorOf(device: string): number | undefined {
    return this.#devices.get(device)?.cursor;
  }

  /** Of a known device, only changes whether it wants copies. @param attempts of the messages after the cursor. */
  add({ device, cursor, at, attempts = [], copies = false, history = 0 }: DeviceState): void {
    this.#areKept = true;
    const known = this.#devices.get(device);
    if (known) known.copies = copies;
    else this.#devices.set(device, { cursor, at, attempts: [...attempts], copies, history });
  }

  /** Whether the device wants copies; undefined if it is not known. */
  wantsCopies(device: string): boolean | undefined {
    return this.#devices.get(device)?.copies;
  }

  /** Whether another device than this one wants copies. */
  othersWantCopies(device: string | undefined): boolean {
    for (const [other, { copies }] of this.#devices.entries()) if (copies && other !== device) return true;
    return false;
  }

  /** Up to which seq the device gets history; 0: it gets none, or has it. */
  historyOf(device: string): number {
    const { cursor = 0, history = 0 } = this.#devices.get(device) ?? {};
    return history > cursor ? history : 0;
  }

  /** Moves the cursor of a known device, never back. */
  ack(device: string, seq: number, at: number): void {
    const known = this.#devices.get(device);
    if (known === undefined || seq <= known.cursor) return;
    known.attempts.splice(0, seq - known.cursor);
    known.cursor = seq;
    known.at = at;
  }

  /** Counts one more attempt for the messages after `after`, up to `seq`. */
  pushed(device: string, after: number, seq: number): void {
    const known = this.#devices.get(device);
    if (known === undefined) return;
    const { cursor, attempts } = known;
    while (attempts.length < seq - cursor) attempts.push(0);
    for (let index = Math.max(after - cursor, 0); index < seq - cursor; index++)
      attempts[index] = (attempts[index] ?? 0) + 1;
  }

  /** How often this message was pushed to the device without an ack. */
  attemptsOf(device: string, seq: number): number {
    const known = this.#devices.get(device);
    return known?.attempts[seq - known.cursor - 1] ?? 0;
  }

  /** Also MAIN_DEVICE, if nothing was kept for it. */
  remove(device: string): void {
    if (device === MAIN_DEVICE) this.#areKept = true;
    this.#devices.delete(device);
  }

  /** From now on there is none. */
  clear(): void {
    this.#areKept = true;
    this.#devices.clear();
  }
}
