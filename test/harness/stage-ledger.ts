/** What happened on a stage, in one order: what the server heard and said, what people sent, and what they were shown. */

import { decodeClientText, decodeServerText } from '../../src/protocol/codec.js';
import type { ClientFrame, ServerFrame } from '../../src/protocol/frame-catalogue.js';

export type Entry =
  /** A device has a connection. Connections are counted from 0; those without a device are held by hand. */
  | { readonly type: 'connected'; readonly connection: number; readonly device: string }
  /** The server took this from a connection, or said it there. */
  | { readonly type: 'heard'; readonly connection: number; readonly frame: ClientFrame }
  | { readonly type: 'said'; readonly connection: number; readonly frame: ServerFrame }
  /** Somebody asked a client to send this. */
  | {
      readonly type: 'sent';
      readonly device: string;
      readonly user: string;
      readonly to: string;
      readonly id: string;
    }
  /** A client showed this. */
  | {
      readonly type: 'shown';
      readonly device: string;
      readonly user: string;
      readonly from: string;
      readonly id: string;
      readonly body: string;
      /** The life of the store that gave `seq`. */
      readonly epoch: string;
      readonly seq: number;
      readonly isReplay: boolean;
    }
  /** The store was lost and replaced by an empty one: what was acknowledged before is not expected any more. */
  | { readonly type: 'store lost' };

export class Ledger {
  readonly entries: Entry[] = [];

  add(entry: Entry): void {
    this.entries.push(entry);
  }

  heard(connection: number, text: string): void {
    for (const frame of decodeClientText(text)) {
      if (frame.type !== 'passed-over' && frame.type !== 'refused') this.add({ type: 'heard', connection, frame });
    }
  }

  said(connection: number, text: string): void {
    for (const frame of decodeServerText(text)) {
      if (frame.type === 'passed-over' || frame.type === 'refused') throw new Error(`the server said ${text}`);
      this.add({ type: 'said', connection, frame });
    }
  }
}
