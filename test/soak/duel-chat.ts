/**
 * Starts two `im connect` of one user on one machine at the same moment, again and again: exactly one must win, the other must
 * exit with 7, and the winner must have the draft and be able to send it (R6).
 * `node build/test/soak/duel-chat.js [--rounds 20]`. Prints a report; exits with 1 when a round ended otherwise.
 */
import { parseArgs } from 'node:util';
import { EXIT_CODES } from '../../src/cli/errors/exit-codes.js';
import { serve } from '../commands/server.js';
import type { Scope } from '../harness/process.js';
import { Pty } from '../tui/pty.js';

export interface DuelReport {
  readonly rounds: number;
  /** Rounds in which one won and the other exited with 7. */
  readonly decided: number;
  /** Rounds won by the process that was started first. */
  readonly wonByFirst: number;
  /** Messages that the winners typed, and messages that arrived. */
  readonly sent: number;
  readonly arrived: number;
}

export async function duel(rounds: number): Promise<DuelReport> {
  const ends: (() => Promise<unknown>)[] = [];
  const scope: Scope = { after: (end) => ends.push(end) };
  try {
    const server = await serve(scope);
    for (const name of ['alice', 'bob']) await server.im(['user', 'add', name, '--keep']);
    let decided = 0;
    let wonByFirst = 0;
    for (let round = 0; round < rounds; round++) {
      const both = [0, 1].map(() => new Pty(scope, ['connect', 'alice', '--to', 'bob'], { env: server.env }));
      const loser = await Promise.race(both.map(async (pty) => ({ pty, end: await pty.isReplaced() })));
      const winner = both.find((pty) => pty !== loser.pty);
      if (winner === undefined || loser.end.exitCode !== EXIT_CODES.replaced.code) continue;
      await winner.sees((text) => text.includes('online') && !text.includes('taking over'));
      // The draft of the last round must be there.
      if (round > 0) {
        await winner.sees(`› round ${round - 1}`);
        winner.type('\r');
        await winner.sees(`▎ round ${round - 1} `);
      }
      winner.type(`round ${round}`);
      await winner.sees(`› round ${round}`);
      winner.kill('SIGKILL');
      await winner.ended;
      decided += 1;
      wonByFirst += Number(winner === both[0]);
    }
    const sent = rounds - 1;
    const { stdout } = await server.im(['listen', '--as', 'bob', '--timeout', '5s']);
    return { rounds, decided, wonByFirst, sent, arrived: stdout.split('\n').filter((line) => line !== '').length };
  } finally {
    for (const end of ends.reverse()) await end();
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '20' } } });
  const report = await duel(Number(values.rounds));
  console.table(report);
  if (report.decided !== report.rounds || report.arrived !== report.sent) process.exitCode = 1;
}
