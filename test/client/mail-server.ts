/** A scripted server that keeps its word: one mailbox to be pushed, and a store for what the client sends. */
import type { ClientFrame } from '../../src/protocol/frame-catalogue.js';
import type { FakeClock } from '../harness/fake-clock.js';
import { push, ScriptedServer, WELCOME } from './scripted-server.js';

/** How many pushes it sends before it waits for an ack. */
export const WINDOW = 2;

export class MailServer {
  readonly transport: ScriptedServer;
  /** Ids in the order in which they were stored, each once (R8). */
  readonly stored: string[] = [];
  /** The mailbox cursor. */
  delivered = 0;
  #pushed = 0;

  /** `waiting`: how many messages are in the client's mailbox. */
  constructor(
    clock: FakeClock,
    readonly waiting: number,
  ) {
    this.transport = new ScriptedServer(clock);
    this.transport.reactToLogin = () => {
      this.transport.welcome = { ...WELCOME, delivered: this.delivered, pending: this.waiting - this.delivered };
      this.#pushed = this.delivered;
      clock.defer(() => this.#push());
    };
    this.transport.react = (frame) => this.#take(frame);
  }

  #push(): void {
    while (this.#pushed < Math.min(this.waiting, this.delivered + WINDOW)) {
      this.#pushed += 1;
      this.transport.speak(push(this.#pushed));
    }
  }

  #take(frame: ClientFrame): void {
    if (frame.type === 'ack') {
      this.delivered = Math.max(this.delivered, frame.seq);
      this.#push();
    }
    if (frame.type === 'message') {
      const { id, to } = frame;
      const isKnown = this.stored.includes(id);
      if (!isKnown) this.stored.push(id);
      this.transport.speak({ type: 'stored', ids: [id], ...(isKnown && { duplicates: [id] }) });
      this.transport.speak({ type: 'delivered', to, ids: [id] });
    }
    if (frame.type === 'status') {
      const { ids, to } = frame;
      this.transport.speak({ type: 'stored', ids }, { type: 'delivered', to, ids });
    }
  }
}
