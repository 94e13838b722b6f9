/** Uses a new certificate of `im serve` without a restart: sessions live on, new connections get it. */
import type { Clock } from '../../io/clock.js';
import type { Log } from '../../io/log.js';
import { Failure } from '../errors/failure.js';
import { readPair, type TlsPair, type TlsPaths } from './tls-pair.js';

interface TlsRenewalOptions {
  readonly paths: TlsPaths;
  /** The pair in use. */
  readonly pair: TlsPair;
  /** Makes the pair that of new connections. */
  readonly use: (pair: TlsPair) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export class TlsRenewal {
  readonly #options: TlsRenewalOptions;
  #pair: TlsPair;
  #running: Promise<void> | undefined;
  /** Asked for while it runs: the files may have changed after they were read. */
  #isAskedAgain = false;
  #hasEnded = false;

  constructor(options: TlsRenewalOptions) {
    this.#options = options;
    this.#pair = options.pair;
  }

  /** Until clients refuse the certificate in use; negative after that. In days. */
  get daysLeft(): number {
    return daysLeft(this.#pair, this.#options.clock.now());
  }

  /**
   * Reads both files again. A pair that cannot be used is logged, and the one in use is kept. Resolves when that is decided;
   * never rejects.
   */
  run(): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    this.#isAskedAgain = this.#running !== undefined;
    this.#running ??= this.#runAsOftenAsAsked().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Resolves when nothing is being changed any more. Later calls of `run` do nothing. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#running;
  }

  async #runAsOftenAsAsked(): Promise<void> {
    do {
      this.#isAskedAgain = false;
      await this.#run();
    } while (this.#isAskedAgain && !this.#hasEnded);
  }

  async #run(): Promise<void> {
    const { paths, use, clock, log } = this.#options;
    try {
      const pair = await readPair(paths);
      await use(pair);
      this.#pair = pair;
      log.info('certificate loaded', { path: paths.cert, validTo: dateTime(pair.validTo) });
      warnIfRefused(pair, paths, clock.now(), log);
    } catch (error) {
      const { message, why } = error instanceof Failure ? error : { message: String(error), why: undefined };
      log.warn('certificate refused', { reason: message, why, kept: dateTime(this.#pair.validTo) });
    }
  }
}

const DAY_MS = 24 * 3_600_000;

/** From `now` (ms since 1970) until clients refuse the certificate; negative after that. */
export const daysLeft = ({ validTo }: Pick<TlsPair, 'validTo'>, now: number): number => (validTo - now) / DAY_MS;

/** Logs a certificate whose dates do not include `now`, ms since 1970. */
export function warnIfRefused({ validFrom, validTo }: TlsPair, { cert }: TlsPaths, now: number, log: Log): void {
  if (now >= validFrom && now <= validTo) return;
  const dates = { validFrom: dateTime(validFrom), validTo: dateTime(validTo) };
  log.warn('clients refuse the certificate', { path: cert, ...dates });
}

const dateTime = (ms: number): string => new Date(ms).toISOString();
