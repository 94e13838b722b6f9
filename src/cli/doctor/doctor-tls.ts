/** Checks of `im doctor` on certificates: that of the server that is reached, and the files that `im serve` would use here. */
import type { X509Certificate } from 'node:crypto';
import { systemClock as clock } from '../../io/clock.js';
import { peekCertificate } from '../../io/tls-connect.js';
import { TIMED_OUT, withTimeout } from '../async/with-timeout.js';
import { Failure } from '../errors/failure.js';
import { readPair } from '../serve/tls-pair.js';
import { daysLeft } from '../serve/tls-renewal.js';
import type { Finding } from './doctor.js';

/** Fewer days are a warning, or a sixth of the lifetime if that is less: who renews in time has renewed by then. */
const LOW_DAYS = 14;
const LOW_SHARE = 1 / 6;

/** Until when clients accept the server's certificate. Nothing for a server without TLS, or one that cannot be reached. */
export async function checkCertificate(url: string, timeoutMs: number): Promise<readonly Finding[]> {
  if (!url.startsWith('wss:')) return [];
  const certificate = await withTimeout(clock, timeoutMs, peekCertificate(url));
  return certificate === undefined || certificate === TIMED_OUT ? [] : [assessCertificate(certificate, clock.now())];
}

/** @param now ms since 1970. */
export function assessCertificate(
  { validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>,
  now: number,
): Finding {
  const dates = { validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
  const left = daysLeft(dates, now);
  const until = new Date(dates.validTo).toISOString().slice(0, 10);
  const facts = { daysLeft: Math.floor(left), validTo: new Date(dates.validTo).toISOString() };
  const rest = { check: 'certificate', facts };
  if (left < 0) return { ...rest, state: 'warning', message: `the server's expired on ${until}`, next: RENEW };
  const message = `the server's is valid until ${until}, for ${facts.daysLeft} more days`;
  const low = Math.min(LOW_DAYS, daysLeft(dates, dates.validFrom) * LOW_SHARE);
  return left < low ? { ...rest, state: 'warning', message, next: RENEW } : { ...rest, state: 'ok', message };
}

const RENEW = 'renew it, then: systemctl reload im, or kill -HUP';

/** The files that the variables of `im serve` name: a problem if it would refuse them. Nothing if they name none. */
export async function checkTlsFiles({
  IM_SERVE_TLS_CERT: cert,
  IM_SERVE_TLS_KEY: key,
}: NodeJS.ProcessEnv): Promise<readonly Finding[]> {
  if (!cert || !key) return [];
  try {
    await readPair({ cert, key });
    return [{ check: 'tls', state: 'ok', message: `im serve can use ${cert} and its key` }];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { message, why, next, exit } = error;
    return [
      { check: 'tls', state: 'problem', message: why === undefined ? message : `${message}: ${why}`, next, exit },
    ];
  }
}
