/** What a line means that a person (or a program, with --json) types into line mode. Pure. */
import { isUserName } from '../../protocol/field-types.js';
import { parseJsonMessage } from '../input/json-message.js';

export type LineInput =
  | { readonly type: 'send'; readonly to: string; readonly body: string; readonly id?: string }
  /** From now on lines go to this user; undefined: each line says to whom. */
  | { readonly type: 'to'; readonly to: string | undefined }
  | { readonly type: 'help' }
  | { readonly type: 'quit' }
  | { readonly type: 'nothing' }
  | { readonly type: 'wrong'; readonly why: string };

export const LINE_HELP = [
  'bob: hello    send hello to bob',
  '/to bob       everything that follows goes to bob, until /to alone',
  '/help         this',
  '/quit         leave; what is queued is sent the next time',
  '//text        send /text',
] as const;

const ADDRESSED = /^([a-z0-9][a-z0-9._-]{0,31}): (.*)$/s;

/** @param to whom lines go to, if that was said. */
export function readLine(line: string, to: string | undefined): LineInput {
  if (line.trim() === '') return { type: 'nothing' };
  if (line.startsWith('/') && !line.startsWith('//')) return readSlash(line);
  const text = line.startsWith('//') ? line.slice(1) : line;
  if (to !== undefined) return { type: 'send', to, body: text };
  const [, target, body] = ADDRESSED.exec(text) ?? [];
  if (target === undefined || body === undefined)
    return { type: 'wrong', why: 'to whom? write bob: hello, or /to bob first' };
  return { type: 'send', to: target, body };
}

function readSlash(line: string): LineInput {
  const [word, name, ...more] = line.trim().split(/\s+/);
  if (word === '/quit') return { type: 'quit' };
  if (word === '/help') return { type: 'help' };
  if (word !== '/to') return { type: 'wrong', why: `there is no ${word}; /help says what there is` };
  if (name !== undefined && (!isUserName(name) || more.length > 0))
    return { type: 'wrong', why: '/to takes the name of one user' };
  return { type: 'to', to: name };
}

/** One line of `--json`. */
export function readJsonLine(line: string): LineInput {
  if (line.trim() === '') return { type: 'nothing' };
  const message = parseJsonMessage(line);
  if ('problem' in message) return { type: 'wrong', why: `the line ${message.problem}` };
  const { to, ...rest } = message;
  return to === undefined ? { type: 'wrong', why: 'the line does not say to whom' } : { type: 'send', to, ...rest };
}
