/** The server's metrics in the text format of Prometheus, version 0.0.4. */
import { CLOSE_REASONS } from '../protocol/close-codes.js';
import { ERROR_CODES } from '../protocol/error-codes.js';
import type { Histogram, Metrics } from './metrics.js';

export function renderMetrics(metrics: Metrics): string {
  return [
    one('gauge', 'connections', 'Connections open now, logged in or not.', metrics.connections),
    one('gauge', 'users', 'Users with a session now.', metrics.users),
    one('counter', 'messages_stored_total', 'Messages made durable with status 0.', metrics.messagesStored),
    one(
      'counter',
      'messages_duplicate_total',
      'Messages that were known and only answered.',
      metrics.messagesDuplicate,
    ),
    one('counter', 'messages_pushed_total', 'Messages pushed to their target.', metrics.messagesPushed),
    one('counter', 'messages_delivered_total', 'Messages whose status became 1.', metrics.messagesDelivered),
    one('counter', 'passed_over_total', 'What was received and is not of the protocol.', metrics.passedOver),
    byLabel('refused_total', 'Error frames sent, by code.', 'code', ERROR_CODES, metrics.refusals),
    byLabel('closed_total', 'Connections ended by this server, by reason.', 'reason', CLOSE_REASONS, metrics.closes),
    distribution('commit_seconds', 'Duration of a write and fdatasync of the journal.', metrics.commitSeconds),
    distribution('commit_records', 'Journal records that shared one fdatasync.', metrics.commitRecords),
  ].join('');
}

type Sample = readonly [suffix: string, value: number];

function family(type: string, name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([suffix, value]) => `im_${name}${suffix} ${value}\n`);
  return `# HELP im_${name} ${help}\n# TYPE im_${name} ${type}\n${lines.join('')}`;
}

function one(type: 'counter' | 'gauge', name: string, help: string, value: number): string {
  return family(type, name, help, [['', value]]);
}

/** All values of the label are there from the start: a rate needs the zero before the first one. */
function byLabel<K extends string>(
  name: string,
  help: string,
  label: string,
  keys: readonly K[],
  values: ReadonlyMap<K, number>,
): string {
  const samples = keys.map((key): Sample => [`{${label}="${key}"}`, values.get(key) ?? 0]);
  return family('counter', name, help, samples);
}

function distribution(name: string, help: string, histogram: Histogram): string {
  const counts = histogram.cumulative();
  const buckets = counts.map((count, index): Sample => [`_bucket{le="${histogram.bounds[index] ?? '+Inf'}"}`, count]);
  return family('histogram', name, help, [...buckets, ['_sum', histogram.sum], ['_count', counts.at(-1) ?? 0]]);
}
