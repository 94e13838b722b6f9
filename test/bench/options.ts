/** The flags of `npm run bench -- …`. */
import { parseArgs } from 'node:util';
import { UNANSWERED } from './work.js';

export const USAGE = `npm run bench -- [flags]

  --quick            shorter and fewer rounds: some 20 s instead of under 2 min
  --rounds N         how often each system is measured
  --unanswered N     messages unanswered for each sender (${UNANSWERED})
  --folder DIR       where the stores live: a real disk (/var/tmp)
  --profile DIR      write a CPU profile of im serve there
  --help
`;

export interface Options {
  readonly rounds: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly unanswered: number;
  readonly folder: string;
  readonly profileFolder: string | undefined;
}

/** @throws Error when a flag is unknown or its value is wrong. Undefined when help is asked for. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      unanswered: { type: 'string' },
      folder: { type: 'string', default: '/var/tmp' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  return {
    rounds: count('rounds', values.rounds) ?? (values.quick ? 2 : 5),
    warmupMs: values.quick ? 500 : 1_500,
    measureMs: values.quick ? 1_500 : 3_000,
    unanswered: count('unanswered', values.unanswered) ?? UNANSWERED,
    folder: values.folder,
    profileFolder: values.profile,
  };
}

function count(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 1_000) {
    throw new Error(`--${flag} takes a number from 1 to 1000`);
  }
  return number;
}
