/** The event log of a stage, in one order: frames at the server, and messages that clients sent and showed. */

import { decodeClientText, decodeServerText } from '../../src/protocol/codec.js';
import type { ClientFrame, ServerFrame } from '../../src/protocol/frame-catalogue.js';

export type Entry =
  /** A device has connected. Connections are numbered from 0; those without a device are raw connections. */
  | { readonly type: 'connected'; readonly connection: number; readonly device: string }
  /** A frame that the server received on a connection, or sent there. */
  | { readonly type: 'client frame'; readonly connection: number; readonly frame: ClientFrame }
  | { readonly type: 'server frame'; readonly connection: number; readonly frame: ServerFrame }
  /** `send` of a client was called. */
  | {
      readonly type: 'sent';
      readonly device: string;
      readonly user: string;
      readonly to: string;
      readonly id: string;
    }
  /** A client showed a message. */
  | {
      readonly type: 'shown';
      readonly device: string;
      readonly user: string;
      readonly from: string;
      readonly id: string;
      readonly body: string;
      /** The epoch of the store that assigned `seq`. */
      readonly epoch: string;
      readonly seq: number;
      readonly isReplay: boolean;
      /** Of a copy of a message that the user sent from elsewhere: its target. */
      readonly to?: string | undefined;
    }
  /** The store was lost and replaced by an empty one, or by an older copy of it: messages that were stored before need not be delivered any more. */
  | { readonly type: 'store lost' };

export class Ledger {
  readonly entries: Entry[] = [];

  add(entry: Entry): void {
    this.entries.push(entry);
  }

  addClientText(connection: number, text: string): void {
    for (const frame of decodeClientText(text)) {
      if (frame.type !== 'passed-over' && frame.type !== 'refused')
        this.add({ type: 'client frame', connection, frame });
    }
  }

  addServerText(connection: number, text: string): void {
    for (const frame of decodeServerText(text)) {
      if (frame.type === 'passed-over' || frame.type === 'refused')
        throw new Error(`the server sent an invalid frame: ${text}`);
      this.add({ type: 'server frame', connection, frame });
    }
  }
}
