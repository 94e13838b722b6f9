/** The report on a command, as the body of a message. Pure. */
import { stripVTControlCharacters } from 'node:util';
import { formatElapsed } from '../output/duration.js';
import type { ExecRun } from './exec-run.js';
import { EXEC_REPORT } from './send-limits.js';

/**
 * `exit code 2 after 1m 3s: make test`, followed by the last lines of its output as a terminal would show them, without
 * colors. Always small enough to be sent.
 */
export function execReport({ command, exitCode, signal, tookMs, output }: ExecRun): string {
  const how = signal === undefined ? `exit code ${exitCode}` : `ended by ${signal}`;
  const lines = output.last(EXEC_REPORT.maxLines);
  const head = `${how} after ${formatElapsed(tookMs)}: ${shorten(command)}`;
  const note = lines.length < output.lines ? [`(the last ${lines.length} of ${output.lines} lines)`] : [];
  return [head, ...note, ...lines.map(finalText)].join('\n');
}

function shorten(command: string): string {
  const { maxCommandLength } = EXEC_REPORT;
  const characters = Array.from(command);
  return characters.length <= maxCommandLength ? command : `${characters.slice(0, maxCommandLength).join('')}…`;
}

/** Of a line that was overwritten with `\r`, such as a progress bar, the last text. */
const finalText = (line: string): string =>
  stripVTControlCharacters(line)
    .split('\r')
    .findLast((text) => text !== '') ?? '';
