/** Checks of `im doctor` on the server: whether it answers, whether it accepts the login, and how far its clock is off. */
import { type ClientEvent, type ClientOptions, connect } from '../../client/api/client.js';
import { certificateAdvice } from '../../client/offline-reason.js';
import type { ServerOptions } from '../../client/ports.js';
import { systemClock as clock } from '../../io/clock.js';
import { createDial } from '../../io/ws-client.js';
import { TIMED_OUT, withTimeout } from '../async/with-timeout.js';
import { clientFailure } from '../errors/client-failure.js';
import { formatDuration } from '../output/duration.js';
import type { Finding } from './doctor.js';

/** Clocks may differ by this much without a warning. */
const SAME_CLOCK_MS = 30_000;

/**
 * Logs in and compares the clocks. Uses mode `send`, which replaces no other session of the user.
 * @param identity the finding to report for a login that succeeds.
 */
export async function checkLogin(
  login: ClientOptions,
  timeoutMs: number,
  identity: Finding = {
    check: 'identity',
    state: 'ok',
    message: `the server knows ${login.user}`,
    facts: { user: login.user },
  },
): Promise<readonly Finding[]> {
  const { url, user } = login;
  const startedAt = clock.monotonic();
  const client = connect({ ...login, mode: 'send', reconnect: false });
  const online = new Promise<ClientEvent & { readonly type: 'online' }>((resolve) => {
    client.subscribe((event) => event.type === 'online' && resolve(event));
  });
  const outcome = await withTimeout(clock, timeoutMs, Promise.race([online, client.ended]));
  const ms = Math.round(clock.monotonic() - startedAt);
  const answeredAt = clock.now();
  await client.close();
  if (outcome === TIMED_OUT) return [unreachable(url, `no answer within ${formatDuration(timeoutMs)}`)];
  if (!('welcome' in outcome)) {
    if (outcome.reason === 'lost') return [unreachable(url, outcome.detail ?? 'the connection was lost')];
    const { exit, message: what, why, next } = clientFailure(outcome, user);
    const message = why === undefined ? what : `${what}: ${why}`;
    return [reached(url), { check: 'identity', state: 'problem', message, next, exit }];
  }
  const { v, epoch, at } = outcome.welcome;
  return [
    { ...reached(url), message: `${url} answers in ${ms} ms, protocol ${v}`, facts: { url, ms, protocol: v, epoch } },
    identity,
    assessClock(at - answeredAt + Math.round(ms / 2), ms),
  ];
}

/** @param aheadMs how far the server's clock is ahead of this machine's. @param errorMs how far `aheadMs` may be off. */
export function assessClock(aheadMs: number, errorMs: number): Finding {
  const difference = Math.abs(aheadMs);
  const facts = { aheadMs, errorMs };
  if (difference <= Math.max(SAME_CLOCK_MS, errorMs)) {
    return { check: 'clock', state: 'ok', message: `the server's differs by ${formatDuration(difference)}`, facts };
  }
  const word = aheadMs > 0 ? 'ahead' : 'behind';
  const message = `the server's is ${formatDuration(Math.round(difference / 1_000) * 1_000)} ${word} of this machine's`;
  return {
    check: 'clock',
    state: 'warning',
    message,
    next: "synchronize both with NTP: messages carry the server's time",
    facts,
  };
}

/** Whether the server accepts a connection; needs no token, since nothing is sent before a login (R1). */
export async function checkReachable({ url, tls, proof }: ServerOptions, timeoutMs: number): Promise<Finding> {
  let resolve: (finding: Finding) => void = () => {};
  const answer = new Promise<Finding>((settle) => {
    resolve = settle;
  });
  const wire = createDial({ ...tls, proof })(url, {
    opened: () => resolve(reached(url)),
    received: () => {},
    closed: (code, reason) => resolve(unreachable(url, reason || `closed with ${code}`)),
  });
  const finding = await withTimeout(clock, timeoutMs, answer);
  wire.cut();
  return finding === TIMED_OUT ? unreachable(url, `no answer within ${formatDuration(timeoutMs)}`) : finding;
}

const reached = (url: string): Finding => ({ check: 'server', state: 'ok', message: `${url} answers`, facts: { url } });

const unreachable = (url: string, why: string): Finding => ({
  check: 'server',
  state: 'problem',
  message: `${url} cannot be reached: ${why}`,
  next: certificateAdvice(why) ?? 'is it running? im serve; or name another one: --url URL, --data DIR',
  exit: 'not-stored',
  facts: { url },
});
