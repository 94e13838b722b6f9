/** The messages that a connection has received in a row, grouped by target: a handler gets all of them at once. Pure. */
import type { Message } from '../protocol/frames/message.js';

/** Messages to one target, in the order in which they were received. */
export interface MessageGroup {
  readonly to: string;
  readonly frames: Message[];
  /** What they took of the wire. */
  bytes: number;
  /** See `Batch.isPlain`. */
  isPlain: boolean;
}

export class TurnMessages {
  /** By target, in the order of their first messages. */
  #groups: MessageGroup[] = [];
  /** Once there are two. */
  #byTarget: Map<string, MessageGroup> | undefined; // storage 9: a Map, never {}
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(frame: Message, bytes: number, isPlain: boolean): void {
    const group = this.#find(frame.to) ?? this.#create(frame.to);
    group.frames.push(frame);
    group.bytes += bytes;
    group.isPlain &&= isPlain;
    this.#count++;
  }

  /** Takes all of them. */
  take(): readonly MessageGroup[] {
    const groups = this.#groups;
    this.#groups = [];
    this.#byTarget = undefined;
    this.#count = 0;
    return groups;
  }

  #find(to: string): MessageGroup | undefined {
    const last = this.#groups.at(-1); // Usually the next message has the same target.
    return last?.to === to ? last : this.#byTarget?.get(to);
  }

  #create(to: string): MessageGroup {
    const group: MessageGroup = { to, frames: [], bytes: 0, isPlain: true };
    const [first] = this.#groups;
    if (first) {
      this.#byTarget ??= new Map([[first.to, first]]);
      this.#byTarget.set(to, group);
    }
    this.#groups.push(group);
    return group;
  }
}
