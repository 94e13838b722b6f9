/** What `im doctor` finds about the server: who holds the folders here, whether it answers, who one is there, and its clock. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../client/client.js';
import type { ClientEvent } from '../../client/events.js';
import { errorCode } from '../../disk/disk-errors.js';
import { type Holder, readLock } from '../../disk/lock.js';
import type { Clock } from '../../io/clock.js';
import { dialWs } from '../../io/ws-client.js';
import { isUserName } from '../../protocol/field-types.js';
import { TIMED_OUT, withTimeout } from '../async/with-timeout.js';
import { clientFailure } from '../errors/client-failure.js';
import { formatDuration } from '../output/duration.js';
import type { Finding } from './doctor.js';

/** Clocks that differ by less are the same to people. */
const SAME_CLOCK_MS = 30_000;

/** Who serves a data folder now. */
export async function checkHolder(data: string): Promise<Finding> {
  const holder = await readLock(data);
  if (holder === undefined) return { check: 'lock', state: 'ok', message: `no server runs on ${data}` };
  const { pid, url = 'nowhere yet' } = holder;
  const message = `process ${pid} serves ${data} since ${sinceOf(holder)}, at ${url}`;
  return { check: 'lock', state: 'ok', message, facts: { pid, url } };
}

/** Which clients of this account are connected from this machine, or try to be. */
export async function checkClients(state: string): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const server of await namesIn(state)) {
    for (const user of await namesIn(join(state, server))) {
      const holder = isUserName(user) ? await readLock(join(state, server, user)) : undefined;
      if (holder === undefined) continue;
      const message = `process ${holder.pid} is ${user} at ${server} since ${sinceOf(holder)}`;
      findings.push({ check: 'client', state: 'ok', message, facts: { pid: holder.pid, user, server } });
    }
  }
  return findings;
}

const sinceOf = ({ since }: Holder): string => new Date(since).toISOString();

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return []; // Said by the check of the folder.
    throw error;
  }
}

interface LoginAttempt {
  readonly url: string;
  readonly user: string;
  readonly token: string;
  readonly agent: string;
}

/**
 * Logs in as one who sends, which ends nobody's session, and compares the clocks.
 * @param identity what is found of it when the login succeeds; unless given, that the server knows this user.
 */
export async function checkLogin(
  login: LoginAttempt,
  timeoutMs: number,
  clock: Clock,
  identity: Finding = {
    check: 'identity',
    state: 'ok',
    message: `the server knows ${login.user}`,
    facts: { user: login.user },
  },
): Promise<readonly Finding[]> {
  const { url, user } = login;
  const asked = clock.monotonic();
  const client = connect({ ...login, mode: 'send', reconnect: false });
  const online = new Promise<ClientEvent & { readonly type: 'online' }>((resolve) => {
    client.subscribe((event) => event.type === 'online' && resolve(event));
  });
  const outcome = await withTimeout(clock, timeoutMs, Promise.race([online, client.ended]));
  const ms = Math.round(clock.monotonic() - asked);
  const heardAt = clock.now();
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
    assessClock(at - heardAt + Math.round(ms / 2), ms),
  ];
}

/** @param aheadMs how far the server's clock is ahead of ours. @param errorMs by how much that may be wrong. */
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
    next: "set both by NTP: the times of messages are the server's",
    facts,
  };
}

/** Whether anybody answers, for those without a token: an open connection is told nothing (R1). */
export async function checkReachable(url: string, timeoutMs: number, clock: Clock): Promise<Finding> {
  let resolve: (finding: Finding) => void = () => {};
  const answer = new Promise<Finding>((settle) => {
    resolve = settle;
  });
  const wire = dialWs(url, {
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
  next: 'is it running? im serve; or say where it is: --url URL, --data DIR',
  exit: 'not-stored',
  facts: { url },
});
