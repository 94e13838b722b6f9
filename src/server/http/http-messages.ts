/**
 * Messages by HTTP: `POST /v1/messages/{user}` for those who have only curl. The same guards, places, rates, handler and path into
 * the store as for a `message` of a WebSocket; only the rate is different: who is too fast is refused, and not just slowed down.
 */
import { randomUUID } from 'node:crypto';
import type { Identity } from '../../accounts/accounts.js';
import type { HttpAnswer, HttpExchange } from '../../io/http-exchange.js';
import type { Message } from '../../protocol/frames/message.js';
import {
  type HttpOutcome,
  type HttpProblem,
  type HttpProblemCode,
  httpProblem,
  JSON_TYPE,
  PROBLEM_TYPE,
  problemCodeOf,
  problemKind,
} from '../../protocol/http.js';
import { isPlainText } from '../../protocol/json-quote.js';
import { WIRE } from '../../protocol/limits.js';
import type { ServerDependencies } from '../dependencies.js';
import { dispatchMessages, isExpected, outcomeOfError } from '../dispatch.js';
import type { Outcome } from '../handler.js';
import { SESSION } from '../limits.js';
import { messageOf, type Route, recipientOf, routeOf, tokenOf, waitOf } from './http-request.js';
import { HttpSession } from './http-session.js';

/** What a request is answered with; undefined: nobody is there any more. */
type Result = Done | HttpProblem | undefined;

interface Done {
  readonly status: 200 | 201 | 202;
  readonly outcome: HttpOutcome;
}

/** Whom `LoginGuard` slows down when a token names nobody: all those who guess in this way. */
const NOBODY = '';

export class HttpMessages {
  /** Requests that are not answered yet, with their sessions. */
  readonly #open = new Map<HttpExchange, HttpSession | undefined>();
  #isClosing = false;
  #allAnswered = (): void => undefined;

  constructor(private readonly deps: ServerDependencies) {}

  /** As AcceptRequest. */
  accept(exchange: HttpExchange): boolean {
    const route = routeOf(exchange.target);
    if (route === undefined) return false;
    this.#open.set(exchange, undefined);
    void this.#run(exchange, route).then(() => {
      this.#open.delete(exchange);
      if (this.#open.size === 0) this.#allAnswered();
    });
    return true;
  }

  /** Takes no more messages. Resolves when those that the store has got are answered. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const [exchange, session] of this.#open) {
      session?.end();
      if (session?.message === undefined) this.#answer(exchange, httpProblem('shutdown'));
    }
    if (this.#open.size > 0)
      await new Promise<void>((resolve) => {
        this.#allAnswered = resolve;
      });
  }

  async #run(exchange: HttpExchange, route: Route): Promise<void> {
    try {
      this.#answer(exchange, await this.#resultOf(exchange, route));
    } catch (error) {
      if (!isExpected(error)) this.deps.log.error('request failed', error);
      this.#answer(exchange, httpProblem(isExpected(error) ? 'unavailable' : 'server-error'));
    }
  }

  async #resultOf(exchange: HttpExchange, route: Route): Promise<Result> {
    if (exchange.isFromWebPage) return httpProblem('web-page'); // R20
    if (exchange.method !== 'POST') return httpProblem('unknown-method');
    if (this.#isClosing) return httpProblem('shutdown');
    const identity = await this.#identify(exchange);
    if (!('user' in identity)) return identity;
    if (exchange.isOver) return undefined;
    const { user } = identity;
    const { places, sessions, accounts } = this.deps;
    const refusal = places.take(user, { isUrgent: false });
    if (refusal !== undefined) return httpProblem(problemCodeOf(refusal));
    const session = new HttpSession(randomUUID(), identity, exchange, () => accounts.isCurrent(identity));
    this.#open.set(exchange, session);
    sessions.add(user, session); // R4: it hears of the delivery, and of a revocation.
    try {
      exchange.recognised();
      return await this.#send(exchange, route, session);
    } finally {
      sessions.remove(user, session);
      places.release(user);
    }
  }

  /** R3, R20: whose token it is. Nothing of the body is read before that is known (R1). */
  async #identify(exchange: HttpExchange): Promise<Identity | HttpProblem> {
    const { guard, clock, log, accounts } = this.deps;
    const { network, host: address, port } = exchange.peer;
    const token = tokenOf(exchange);
    if (token === undefined) return httpProblem('unauthorized');
    const attempt = { network, user: NOBODY, isGone: () => exchange.isOver };
    const turn = guard.enter(attempt, clock.monotonic());
    const mayCheck = turn === true || (await turn);
    const identity = mayCheck ? await accounts.identify(token, clock.now()) : undefined;
    if (identity !== undefined) {
      guard.passed({ network, user: NOBODY }, clock.monotonic());
      return identity;
    }
    const reason = mayCheck ? 'unauthorized' : 'too-many-failed-logins';
    if (!exchange.isOver) log.warn('login refused', { address, port, reason }); // docs/examples/fail2ban
    return httpProblem(reason);
  }

  async #send(exchange: HttpExchange, route: Route, session: HttpSession): Promise<Result> {
    const { rates, clock } = this.deps;
    const rate = rates.of(session.auth.identity.user, clock.monotonic());
    if (rate?.isSpent(clock.monotonic())) return httpProblem('too-many-messages');
    const body = await exchange.body(WIRE.maxMessageBytes);
    rate?.spend(typeof body === 'string' ? WIRE.maxMessageBytes : body.length);
    if (body === 'gone' || exchange.isOver) return undefined;
    if (body === 'too-large') return httpProblem('too-large');
    const recipient = recipientOf(route);
    if ('code' in recipient) return recipient;
    const wait = waitOf(route.query);
    if (!('ms' in wait)) return wait;
    const given = messageOf(exchange, recipient.to, body, randomUUID);
    if (!('message' in given)) return given;
    const { message } = given;
    session.message = message;
    const result = this.#apply(await this.#store(message, body.length, session), message);
    const isStored = 'outcome' in result && result.outcome.state === 'stored';
    return isStored && wait.ms !== undefined
      ? this.#untilDelivered(result, exchange, session, message, wait.ms)
      : result;
  }

  /** R7 to R9: by the handler of the frame. */
  async #store(message: Message, bytes: number, { auth }: HttpSession): Promise<Outcome> {
    const isPlain = [message.id, message.body].every(isPlainText);
    const group = { to: message.to, frames: [message], bytes, isPlain };
    try {
      return await dispatchMessages(group, { auth, now: this.deps.clock.now() }, this.deps);
    } catch (error) {
      const outcome = outcomeOfError(error, [message]);
      if (outcome !== undefined) return outcome;
      this.deps.log.error('request failed', error, { session: auth.session, user: auth.identity.user });
      return { close: 'server-error' };
    }
  }

  /** Does what the handler wants, and makes an answer of its replies. */
  #apply({ replies = [], notices = [], close }: Outcome, { id, to }: Message): Done | HttpProblem {
    const { bus, metrics } = this.deps;
    for (const reply of replies) if (reply.type !== 'error') metrics.replied(reply); // Those: `#answer`.
    for (const { user, notice } of notices) bus.publish(user, notice); // R10
    if (close !== undefined) return httpProblem(problemCodeOf(close), { id, to });
    const error = replies.find((reply) => reply.type === 'error');
    if (error !== undefined) return httpProblem(problemCodeOf(error.code), { id, to });
    const isDuplicate = replies.some((reply) => reply.type === 'stored' && reply.duplicates !== undefined);
    const state = replies.some((reply) => reply.type === 'delivered') ? 'delivered' : 'stored';
    // R11: a repeat gets the same answer, with another status.
    return { status: isDuplicate ? 200 : 201, outcome: { id, state, ...(isDuplicate && { duplicate: true }) } };
  }

  /** R12: until the recipient has acked it. A notice of that may be lost between servers, so the store is asked at the end. */
  async #untilDelivered(
    { outcome }: Done,
    exchange: HttpExchange,
    session: HttpSession,
    { id, to }: Message,
    ms: number,
  ): Promise<Done | HttpProblem> {
    const timer = this.deps.clock.after(ms, () => session.end());
    let news = await session.nextNews();
    timer.cancel();
    if (news === 'ended' && !this.#isClosing && !exchange.isOver) news = await this.#find(session, { id, to });
    if (news === 'purged' || news === 'unsent') return httpProblem(news, { id, to });
    return news === 'delivered'
      ? { status: 200, outcome: { ...outcome, state: 'delivered' } }
      : { status: 202, outcome };
  }

  async #find(
    { auth }: HttpSession,
    { id, to }: Pick<Message, 'id' | 'to'>,
  ): Promise<'delivered' | 'purged' | 'unsent' | 'ended'> {
    try {
      const [found] = await this.deps.store.find(to, auth.identity.user, [id]);
      const { state = 'unknown' } = found ?? {};
      return state === 'stored' || state === 'unknown' ? 'ended' : state;
    } catch (error) {
      if (!isExpected(error)) this.deps.log.error('request failed', error);
      return 'ended'; // It is stored, whatever fails now.
    }
  }

  #answer(exchange: HttpExchange, result: Result): void {
    if (result === undefined || exchange.isOver) return;
    const { metrics, log } = this.deps;
    const session = this.#open.get(exchange)?.auth;
    const { status } = result;
    const code = 'code' in result ? result.code : undefined;
    metrics.requestAnswered(status);
    if (code !== undefined) metrics.refused(code);
    const [agent] = exchange.header('user-agent');
    log[session === undefined ? 'debug' : 'info']('request', {
      session: session?.session,
      user: session?.identity.user,
      status,
      code,
      peer: exchange.peer.address,
      agent: agent?.slice(0, SESSION.maxLoggedAgent),
    });
    exchange.answer(code === undefined ? doneAnswer(result as Done) : problemAnswer(result as HttpProblem));
  }
}

const doneAnswer = ({ status, outcome }: Done): HttpAnswer => ({
  status,
  contentType: JSON_TYPE,
  text: `${JSON.stringify(outcome)}\n`,
});

function problemAnswer(problem: HttpProblem): HttpAnswer {
  const { status, code } = problem;
  return { status, contentType: PROBLEM_TYPE, headers: headersOf(code), text: `${JSON.stringify(problem)}\n` };
}

function headersOf(code: HttpProblemCode): Readonly<Record<string, string>> {
  const { status, retryAfter } = problemKind(code);
  if (status === 401) return { 'www-authenticate': 'Bearer realm="im"' };
  if (status === 405) return { allow: 'POST' };
  return retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
}
