/** The command line of `npm run bench -- …`. */
import { parseArgs } from 'node:util';
import { UNANSWERED } from './work.js';

export const PART_NAMES = ['loaded', 'unloaded', 'growth', 'commands', 'clients', 'idle', 'screen'] as const;
export type Part = (typeof PART_NAMES)[number];
const DEFAULT_PARTS: readonly Part[] = ['loaded', 'unloaded'];

export const USAGE = `npm run bench -- [PART…] [flags]

  loaded             throughput and server CPU under load, compared with the peers (default)
  unloaded           latency of one message at a time (default)
  growth             cost of storing up to a million undelivered messages; draining a mailbox
  commands           im send as a whole process; im send --stdin lines
  clients            im send --stdin lines, im listen and the library: CPU per message
  idle               sessions that do nothing: memory of one, CPU of their heartbeats, a storm of logins
  screen             the chat client with 100,000 messages of history: first paint, keys, paging, memory

  --quick            shorter and fewer rounds: about 20 s instead of under 2 min
  --rounds N         rounds per system under load
  --unanswered N     unanswered messages per sender (${UNANSWERED})
  --sessions N       idle sessions (5000)
  --folder DIR       where the stores are: use a real disk (/var/tmp)
  --profile DIR      write a CPU profile of im serve there
`;

export interface Options {
  readonly parts: readonly Part[];
  readonly rounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly unanswered: number;
  /** Idle ones. */
  readonly sessions: number;
  readonly folder: string;
  readonly profileFolder: string | undefined;
}

/** Undefined for --help. @throws Error when a part or a flag is unknown, or a value is invalid. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      unanswered: { type: 'string' },
      sessions: { type: 'string' },
      folder: { type: 'string', default: '/var/tmp' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    parts: positionals.length === 0 ? DEFAULT_PARTS : positionals.map(partOf),
    rounds: count('rounds', values.rounds) ?? (values.quick ? 2 : 5),
    warmupMs: values.quick ? 500 : 1_500,
    measureMs: values.quick ? 1_500 : 3_000,
    unanswered: count('unanswered', values.unanswered) ?? UNANSWERED,
    sessions: count('sessions', values.sessions, 100_000) ?? 5_000,
    folder: values.folder,
    profileFolder: values.profile,
  };
}

function partOf(word: string): Part {
  const part = PART_NAMES.find((name) => name === word);
  if (part === undefined) throw new Error(`there is no part ${word}: ${PART_NAMES.join(', ')}`);
  return part;
}

function count(flag: string, value: string | undefined, max = 1_000): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > max) {
    throw new Error(`--${flag} takes a number from 1 to ${max}`);
  }
  return number;
}
