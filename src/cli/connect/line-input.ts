/** Parses the lines that a person types into line mode, or that a program writes with `--json`. Pure. */
import type { BlockingRequest } from '../../client/api/blocking.js';
import { isUserName } from '../../protocol/fields.js';
import { inline } from '../../text/safe-text.js';
import type { Texts } from '../../tui/texts/en.js';
import { parseJsonMessage } from '../input/json-message.js';

export type LineInput =
  | { readonly type: 'send'; readonly to: string; readonly body: string; readonly id?: string; readonly re?: string }
  /** Sets the target of the lines that follow; undefined: each line names its own. */
  | { readonly type: 'to'; readonly to: string | undefined }
  | ({ readonly type: 'blocking' } & BlockingRequest)
  | { readonly type: 'help' }
  | { readonly type: 'quit' }
  | { readonly type: 'empty' }
  | { readonly type: 'invalid'; readonly problem: string };

const ADDRESSED = /^([a-z0-9][a-z0-9._-]{0,31}): (.*)$/s;

/** @param to the target that `/to` or `--to` has set. */
export function parseLine(line: string, to: string | undefined, texts: Texts['line']): LineInput {
  if (line.trim() === '') return { type: 'empty' };
  if (line.startsWith('/') && !line.startsWith('//')) return parseSlashCommand(line, texts);
  const text = line.startsWith('//') ? line.slice(1) : line;
  if (to !== undefined) return { type: 'send', to, body: text };
  const [, target, body] = ADDRESSED.exec(text) ?? [];
  if (target === undefined || body === undefined) return { type: 'invalid', problem: texts.toWhom };
  return { type: 'send', to: target, body };
}

function parseSlashCommand(line: string, texts: Texts['line']): LineInput {
  const [command = '', name, ...more] = line.trim().split(/\s+/);
  if (command === '/quit') return { type: 'quit' };
  if (command === '/help') return { type: 'help' };
  if (command !== '/to' && command !== '/block' && command !== '/unblock')
    return { type: 'invalid', problem: texts.unknownCommand(inline(command)) };
  if (name === undefined ? command === '/unblock' : !isUserName(name) || more.length > 0)
    return { type: 'invalid', problem: texts.oneName(inline(command)) };
  if (command === '/to') return { type: 'to', to: name };
  if (name === undefined) return { type: 'blocking', action: 'list' };
  return { type: 'blocking', action: command === '/block' ? 'block' : 'unblock', name };
}

/** One line of `--json`: `{"to":…,"body":…,"id":…}`. */
export function parseJsonLine(line: string): LineInput {
  if (line.trim() === '') return { type: 'empty' };
  const message = parseJsonMessage(line);
  if ('problem' in message) return { type: 'invalid', problem: `the line ${message.problem}` };
  const { to, ...rest } = message;
  return to === undefined ? { type: 'invalid', problem: 'the line has no "to"' } : { type: 'send', to, ...rest };
}
