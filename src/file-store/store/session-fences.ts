/** Fences: only the newest session of a device may move its cursor in the mailbox of its user (R6). */
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import { MAILBOX } from '../../store/limits.js';
import type { Batch } from '../../store/store.js';
import { FILE_STORE } from '../limits.js';

interface DeviceFences {
  readonly device: string;
  /** Of the newest session. */
  current: number;
  /** Whether the newest session has not ended. */
  isOpen: boolean;
  /** Fence → the seq up to which the pushes of that session are counted as attempts. */
  readonly noted: Map<number, number>;
}

export class SessionFences {
  /** The devices of each user that ever logged in: limited by the number of accounts. Mostly one. */
  readonly #users = new Map<string, DeviceFences[]>(); // storage 9: a Map, never {}
  /** The newest sessions of outboxes, by user and name; the oldest is forgotten. */
  readonly #outboxes = new Map<string, number>(); // storage 9: a Map, never {}
  #next: number;

  /** @param first higher than every fence that was ever given for these mailboxes. */
  constructor(first: number) {
    this.#next = first;
  }

  /** A new fence for this device. It makes all earlier ones of the device stale. */
  claim(user: string, device: string): number {
    const fence = this.#next++;
    let devices = this.#users.get(user);
    if (!devices) {
      devices = [];
      this.#users.set(user, devices);
    }
    let fences = devices.find((known) => known.device === device);
    if (!fences) {
      fences = { device, current: 0, isOpen: true, noted: new Map() };
      devices.push(fences);
    }
    fences.current = fence;
    fences.isOpen = true;
    this.#note(fences, fence, 0);
    return fence;
  }

  /** A new fence for this outbox. It makes all earlier ones of the outbox stale. */
  claimOutbox(user: string, outbox: string): number {
    const key = outboxKey(user, outbox);
    this.#outboxes.delete(key);
    this.#outboxes.set(key, this.#next);
    const oldest = this.#outboxes.keys().next().value;
    if (this.#outboxes.size > FILE_STORE.keptOutboxes && oldest !== undefined) this.#outboxes.delete(oldest);
    return this.#next++;
  }

  /** Whether no newer session has taken over the device or the outbox that sends this. */
  maySend({ from, sender, device }: Pick<Batch, 'from' | 'sender' | 'device'>): boolean {
    const { fence, outbox } = sender ?? {};
    if (fence === undefined) return true;
    if (outbox !== undefined) return (this.#outboxes.get(outboxKey(from, outbox)) ?? fence) === fence;
    return this.currentDevice(from, fence) === (device ?? MAIN_DEVICE);
  }

  /** The device whose newest session has this fence. */
  currentDevice(user: string, fence: number): string | undefined {
    return this.#users.get(user)?.find(({ current }) => current === fence)?.device;
  }

  /** The device that was given this fence; undefined if that is not known any more. */
  deviceOf(user: string, fence: number): string | undefined {
    return this.#of(user, fence)?.device;
  }

  /** Whether the device claimed the mailbox and its session has not ended. */
  isOpen(user: string, device: string): boolean {
    return this.#users.get(user)?.some((known) => known.device === device && known.isOpen) ?? false;
  }

  /** The session with this fence ended. */
  end(user: string, fence: number): void {
    const fences = this.#of(user, fence);
    if (fences?.current === fence) fences.isOpen = false;
  }

  /** The device is gone: its sessions are stale. */
  forget(user: string, device: string): void {
    const left = this.#users.get(user)?.filter((known) => known.device !== device) ?? [];
    if (left.length > 0) this.#users.set(user, left);
    else this.#users.delete(user);
  }

  /** Up to which seq the pushes of this session are counted already. */
  notedUpTo(user: string, fence: number): number {
    return this.#of(user, fence)?.noted.get(fence) ?? 0;
  }

  note(user: string, fence: number, seq: number): void {
    const fences = this.#of(user, fence);
    if (fences) this.#note(fences, fence, seq);
  }

  #of(user: string, fence: number): DeviceFences | undefined {
    return this.#users.get(user)?.find(({ noted }) => noted.has(fence));
  }

  #note({ noted }: DeviceFences, fence: number, seq: number): void {
    noted.set(fence, seq);
    const oldest = noted.keys().next().value;
    if (noted.size > MAILBOX.keptPushes && oldest !== undefined) noted.delete(oldest);
  }
}

const outboxKey = (user: string, outbox: string): string => `${user} ${outbox}`; // A name of a user has no space.
