/** The session of one HTTP request: in mode `send`, it lives as long as the request, and learns whether its message is delivered. */
import type { Identity } from '../../accounts/accounts.js';
import type { HttpExchange } from '../../io/http-exchange.js';
import { MAIN_DEVICE } from '../../protocol/frames/login.js';
import type { Message } from '../../protocol/frames/message.js';
import type { ListedSession, Notice } from '../session-bus.js';
import type { SessionHandle } from '../session-registry.js';
import type { AuthenticatedUser } from '../session-rules.js';

/** What became of the message, or why there is no use in waiting any longer. */
type News = 'delivered' | 'purged' | 'unsent' | 'ended';

export class HttpSession implements SessionHandle {
  readonly fence = undefined;
  readonly device = MAIN_DEVICE;
  readonly auth: AuthenticatedUser;
  /** Set before it is stored: it may be delivered before the answer of the store. */
  message: Message | undefined;
  #news: News | undefined;
  #wake: (() => void) | undefined;

  constructor(
    session: string,
    identity: Identity,
    private readonly exchange: HttpExchange,
    /** R7: whether its token is still valid. */
    private readonly isCurrent: () => boolean,
  ) {
    const sender = { generation: identity.generation };
    this.auth = { identity, mode: 'send', session, device: MAIN_DEVICE, copies: false, fence: 0, sender };
    exchange.onGone(() => this.end());
  }

  get listed(): ListedSession {
    return { user: this.auth.identity.user, sender: this.auth.sender };
  }

  notice(notice: Notice): void {
    if (notice.type === 'revoked') {
      if (!this.isCurrent()) this.end(); // R7
      return;
    }
    const isMine = 'ids' in notice && notice.to === this.message?.to && notice.ids.includes(this.message.id);
    if (isMine) this.#learn(notice.type);
  }

  /** The server stops, the peer is gone, or the token is not valid any more. */
  end(): void {
    this.#learn('ended');
  }

  /** Resolves with the first news, now or later. */
  async nextNews(): Promise<News> {
    if (this.#news === undefined && !this.exchange.isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#news ?? 'ended';
  }

  #learn(news: News): void {
    this.#news ??= news;
    this.#wake?.();
  }
}
