/** The log on pino: JSON lines for machines, or short lines for people. No text in it can control a terminal (R18). */
import { type LoggerOptions, pino } from 'pino';
import type { Clock } from './clock.js';
import { LOG } from './limits.js';
import type { Log, LogFields } from './log.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** Least severe first; `silent` logs nothing. */
export type LogLevel = (typeof LOG_LEVELS)[number];

interface LogOptions {
  /** Less severe events are left out. */
  readonly level: LogLevel;
  /** Usually process.stderr. Each line is written at once, without a buffer. */
  readonly stream: LogStream;
  /** For people at a terminal, instead of JSON lines. */
  readonly isHuman: boolean;
  readonly clock: Clock;
  /** Called for each line that could not be written. */
  readonly onLost?: () => void;
}

interface LogStream {
  /** Bytes that were written and not taken yet. */
  readonly writableLength?: number;
  write(text: string, written: (error?: Error | null) => void): unknown;
}

/**
 * A log whose lines have `level`, `time`, `event`, the fields, and `error` if there is one. A line that cannot be written
 * (nobody reads, the disk is full) is lost; the number of lost lines is logged before the next line that can.
 */
export function createLog({ level, stream, isHuman, clock, onLost }: LogOptions): Log {
  /** Lines lost and not reported yet. */
  let lost = 0;
  const put = (text: string, onFailed: () => void): void => {
    if ((stream.writableLength ?? 0) > LOG.maxPendingBytes) onFailed();
    else stream.write(text, (error) => error && onFailed());
  };
  const write = (text: string): void => {
    if (lost > 0) reportLost(lost);
    put(text, () => {
      lost += 1;
      onLost?.();
    });
  };
  const reportLost = (lines: number): void => {
    const report = { level: 'warn', time: new Date(clock.now()).toISOString(), lines, event: 'log lines lost' };
    lost = 0;
    put(isHuman ? humanLines(report) : `${JSON.stringify(report)}\n`, () => {
      lost += lines;
    });
  };
  const options: LoggerOptions = {
    level,
    base: null,
    messageKey: 'event',
    errorKey: 'error',
    timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: describe },
    redact: { paths: ['token', 'tokenHash', 'body'], censor: REDACTED },
    hooks: {
      streamWrite: (line) => {
        const safe = line.trimEnd().replace(TOKEN, REDACTED);
        return isHuman ? humanLines(JSON.parse(safe)) : `${escapeControls(safe)}\n`;
      },
    },
  };
  const logger = pino(options, { write });
  return {
    debug: (event, fields) => logger.debug({ ...fields }, event),
    info: (event, fields) => logger.info({ ...fields }, event),
    warn: (event, fields) => logger.warn({ ...fields }, event),
    error: (event, cause, fields) => logger.error({ ...fields, error: cause }, event),
  };
}

const REDACTED = '[redacted]';
/** A token, in whatever field it appears. */
const TOKEN = /im_[A-Za-z0-9_-]{43}/g;
/** Controls, and what reorders, hides or joins text: C0, DEL, C1, bidi, zero width, line separators, tags. */
const CONTROLS =
  /[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
/** A value that needs no quotes. */
const PLAIN = /^[\x21\x23-\x3c\x3e-\x7e]+$/;

interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: ErrorFields;
}

/** The named properties of an error only: others could hold a frame, and with it a body. */
function describe(cause: unknown): ErrorFields {
  if (!(cause instanceof Error)) return { name: typeof cause, message: String(cause) };
  const { name, message, stack } = cause;
  const { code } = cause as NodeJS.ErrnoException;
  return {
    name,
    message,
    ...(typeof code === 'string' && { code }),
    ...(stack !== undefined && { stack }),
    ...(cause.cause !== undefined && { cause: describe(cause.cause) }),
  };
}

type Line = { level: string; time: string; event: string; error?: ErrorFields } & LogFields;

/** `2026-01-31T12:00:00.000Z info  logged in user=alice`, and the stack of an error below it. */
function humanLines({ level, time, event, error, ...fields }: Line): string {
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${humanValue(value)}`);
  return `${[`${time} ${level.padEnd(5)} ${event}${pairs.join('')}`, ...stackLines(error)].map(escapeControls).join('\n')}\n`;
}

function humanValue(value: LogFields[string]): string {
  return typeof value === 'string' && !PLAIN.test(value) ? JSON.stringify(value) : String(value);
}

function stackLines(error: ErrorFields | undefined): string[] {
  if (error === undefined) return [];
  const { stack = `${error.name}: ${error.message}`, cause } = error;
  return [...stack.split('\n'), ...stackLines(cause)].map((line) => `    ${line}`);
}

/** Escapes control characters as JSON does: a line of JSON keeps its value, and a person sees what the text contains. */
function escapeControls(text: string): string {
  return text.replace(CONTROLS, (control) => {
    const units = Array.from({ length: control.length }, (_, index) => control.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}
