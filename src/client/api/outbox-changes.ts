/** What follows a change of a message in the outbox: it is saved, and then its sender learns of it, by its promises and an event. */
import { CannotWrite } from '../../disk/disk-errors.js';
import type { Log } from '../../io/log.js';
import type { ClientEvent } from '../events.js';
import type { OutboxChange } from '../outbox/outbox.js';
import { NotTracked, SendRefused, type TrackedMessage } from '../outbox/outgoing-message.js';
import type { ClientState } from '../state/state-records.js';

type Change = OutboxChange<TrackedMessage>;

interface OutboxChangesOwner {
  emit(event: ClientEvent): void;
  /** The client cannot continue. */
  failed(error: unknown): void;
}

export class OutboxChanges {
  /** One instance for all messages: there may be thousands a second, and a stack trace costs more than a message. */
  readonly #notTracked = new NotTracked('its delivery is not tracked: trackDelivery is off, or too many are tracked');

  constructor(
    /** Undefined: nothing is made durable. */
    private readonly state: ClientState | undefined,
    private readonly log: Log,
    private readonly owner: OutboxChangesOwner,
  ) {}

  apply(changes: readonly Change[]): void {
    if (this.state && changes.length > 0) this.#save(this.state, changes);
    for (const change of changes) if (!this.state || change.state !== 'failed') this.publish(change);
  }

  /**
   * A failure is published when it is durable, so that a message that was reported as failed is never sent again. The other
   * changes need not be durable: the server can be asked again.
   */
  #save(state: ClientState, changes: readonly Change[]): void {
    const fail = (error: unknown): void => this.owner.failed(error);
    const failUnlessFull = (error: unknown): void => {
      if (error instanceof CannotWrite) this.log.warn('not saved', { reason: error.message });
      else fail(error);
    };
    for (const type of ['stored', 'delivered'] as const) {
      const ids = changes.filter((change) => change.state === type).map(({ message }) => message.id);
      if (ids.length > 0) state.append({ type, ids }).catch(failUnlessFull);
    }
    for (const change of changes) {
      if (change.state !== 'failed') continue;
      const { message, refusal } = change;
      const appended = state.append({ type: 'failed', id: message.id, reason: refusal?.code ?? 'failed' });
      appended.then(() => this.publish(change), fail);
    }
  }

  /** Only for a change that is saved. */
  publish({ message, state, duplicate, refusal }: Change): void {
    if (state === 'stored' || state === 'delivered') message.reach(state, duplicate);
    if (state === 'failed' && refusal) message.fail(new SendRefused(refusal));
    if (state === 'untracked') {
      message.fail(this.#notTracked);
      return;
    }
    const { id, to } = message;
    if (!duplicate && !refusal) this.owner.emit({ type: 'state', id, to, state });
    else
      this.owner.emit({ type: 'state', id, to, state, ...(duplicate && { duplicate }), ...(refusal && { refusal }) });
  }
}
