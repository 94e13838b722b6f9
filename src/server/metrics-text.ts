/** Renders the metrics in the Prometheus text format, version 0.0.4. */
import { CLOSE_REASONS } from '../protocol/close-codes.js';
import { HTTP_STATUSES, REFUSAL_CODES } from '../protocol/http.js';
import type { Histogram, Metrics } from './metrics.js';

/** All metrics of the server, without those of the process. */
export function renderMetrics(metrics: Metrics): string {
  const { certificateDaysLeft: days } = metrics;
  return [
    sample('gauge', 'ready', '1 if messages can be stored, as /readyz says; else 0.', metrics.ready),
    sample('gauge', 'connections', 'Connections open now, logged in or not.', metrics.connections),
    sample('gauge', 'sessions', 'Connections that have logged in, now.', metrics.sessions),
    sample('gauge', 'strangers', 'Connections that have not logged in, now, handshakes included.', metrics.strangers),
    sample('counter', 'strangers_cut_total', 'Strangers that were cut: there were too many.', metrics.strangersCut),
    sample('gauge', 'users', 'Users with a session now.', metrics.users),
    sample('counter', 'messages_stored_total', 'Messages made durable with status 0.', metrics.messagesStored),
    sample(
      'counter',
      'messages_duplicate_total',
      'Messages that were known already (duplicates).',
      metrics.messagesDuplicate,
    ),
    sample('counter', 'messages_pushed_total', 'Messages pushed to their target.', metrics.messagesPushed),
    sample('counter', 'messages_delivered_total', 'Messages whose status became 1.', metrics.messagesDelivered),
    sample('counter', 'attempts_total', 'Messages pushed without an ack: one more attempt each.', metrics.attempts),
    sample('gauge', 'undelivered', 'Stored messages that are not delivered yet.', metrics.undelivered),
    sample('gauge', 'undelivered_mailboxes', 'Mailboxes with undelivered messages.', metrics.undeliveredMailboxes),
    sample(
      'gauge',
      'oldest_undelivered_seconds',
      'Age of the oldest undelivered message; 0 if there is none.',
      metrics.oldestUndeliveredSeconds,
    ),
    sample(
      'gauge',
      'uncounted_mailboxes',
      'Mailboxes that im_undelivered does not count yet, or cannot, because they are damaged.',
      metrics.uncountedMailboxes,
    ),
    sample('counter', 'passed_over_total', 'Received messages that are not of the protocol.', metrics.passedOver),
    sample('counter', 'log_lines_lost_total', 'Lines of the log that could not be written.', metrics.logLinesLost),
    byLabel('refused_total', 'Error frames and problems sent, by code.', 'code', REFUSAL_CODES, metrics.refusals),
    byLabel('closed_total', 'Connections closed by this server, by reason.', 'reason', CLOSE_REASONS, metrics.closes),
    byLabel(
      'http_requests_total',
      'Messages by HTTP, by status of the answer.',
      'status',
      HTTP_STATUSES,
      metrics.requests,
    ),
    days === undefined
      ? ''
      : sample('gauge', 'certificate_days_left', 'Days until clients refuse the TLS certificate.', days),
    histogram('commit_seconds', 'Duration of a write and fdatasync of the journal.', metrics.commitSeconds),
    histogram('commit_records', 'Journal records that shared one fdatasync.', metrics.commitRecords),
  ].join('');
}

type Sample = readonly [suffix: string, value: number];

function family(type: string, name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([suffix, value]) => `im_${name}${suffix} ${value}\n`);
  return `# HELP im_${name} ${help}\n# TYPE im_${name} ${type}\n${lines.join('')}`;
}

function sample(type: 'counter' | 'gauge', name: string, help: string, value: number): string {
  return family(type, name, help, [['', value]]);
}

/** A counter with one sample for each value of the label, also for 0: a rate needs the zero before the first event. */
function byLabel<K extends string | number>(
  name: string,
  help: string,
  label: string,
  keys: readonly K[],
  values: ReadonlyMap<K, number>,
): string {
  const samples = keys.map((key): Sample => [`{${label}="${key}"}`, values.get(key) ?? 0]);
  return family('counter', name, help, samples);
}

function histogram(name: string, help: string, values: Histogram): string {
  const counts = values.cumulative();
  const buckets = counts.map((count, index): Sample => [`_bucket{le="${values.bounds[index] ?? '+Inf'}"}`, count]);
  return family('histogram', name, help, [...buckets, ['_sum', values.sum], ['_count', counts.at(-1) ?? 0]]);
}
