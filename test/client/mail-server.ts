/** A scripted server that behaves like a real one: it pushes one mailbox, and stores what the client sends. */
import type { ClientFrame } from '../../src/protocol/frame-catalogue.js';
import type { FakeClock } from '../harness/fake-clock.js';
import { push, ScriptedServer, WELCOME } from './scripted-server.js';

/** The number of unacked pushes. */
export const WINDOW = 2;

export class MailServer {
  readonly scripted: ScriptedServer;
  /** Ids in the order in which they were stored, each once (R8). */
  readonly stored: string[] = [];
  /** The mailbox cursor. */
  delivered = 0;
  #pushed = 0;

  /** @param waiting the number of messages in the client's mailbox. */
  constructor(
    clock: FakeClock,
    readonly waiting: number,
  ) {
    this.scripted = new ScriptedServer(clock);
    this.scripted.onLogin = () => {
      this.scripted.welcome = { ...WELCOME, delivered: this.delivered, pending: this.waiting - this.delivered };
      this.#pushed = this.delivered;
      clock.defer(() => this.#push());
    };
    this.scripted.onFrame = (frame) => this.#handle(frame);
  }

  #push(): void {
    while (this.#pushed < Math.min(this.waiting, this.delivered + WINDOW)) {
      this.#pushed += 1;
      this.scripted.sendNow(push(this.#pushed));
    }
  }

  #handle(frame: ClientFrame): void {
    if (frame.type === 'ack') {
      this.delivered = Math.max(this.delivered, frame.seq);
      this.#push();
    }
    if (frame.type === 'message') {
      const { id, to } = frame;
      const isKnown = this.stored.includes(id);
      if (!isKnown) this.stored.push(id);
      this.scripted.sendNow({ type: 'stored', ids: [id], ...(isKnown && { duplicates: [id] }) });
      this.scripted.sendNow({ type: 'delivered', to, ids: [id] });
    }
    if (frame.type === 'status') {
      const { ids, to } = frame;
      this.scripted.sendNow({ type: 'stored', ids, to }, { type: 'delivered', to, ids });
    }
  }
}
