/** `im history`: prints what was said, from the local history of the chat. */
import { integer } from '@oclif/core/flags';
import { BaseCommand } from '../src/cli/app/base-command.js';
import { deviceFlag, outputFlags, serverFlags, userArg, userFlag } from '../src/cli/app/flags.js';
import { isRefusal, refusedFolder } from '../src/cli/errors/folder-refusal.js';
import { printHistory } from '../src/cli/history/history.js';
import { findHistory } from '../src/cli/history/history-place.js';
import { resolveTarget } from '../src/cli/login/target.js';
import { regexp, time } from '../src/cli/queues/queue-flags.js';
import { History as LocalHistory } from '../src/history/history.js';
import { systemClock as clock } from '../src/io/clock.js';
import { realFiles as files } from '../src/io/files.js';
import { inline, safe } from '../src/text/safe-text.js';

export default class History extends BaseCommand {
  static override summary = 'Print what was said, from the local history of the chat';
  static override description =
    'The newest message is printed last. It reads what im connect keeps on this machine, also while that runs, and changes nothing: no server is asked, and nothing is marked as read. A message of yours that is not delivered yet is shown with its state.\n\nExit codes: 0 also when nothing matches; 2 when there is no history of this user; 8 when it cannot be read.';
  static override examples = [
    '<%= config.bin %> history bob --as alice',
    "<%= config.bin %> history --as alice --since 2d --grep 'release|deploy'",
    '<%= config.bin %> history bob --as alice --limit 1 --json | jq -r .body',
  ];
  static override args = { user: userArg({ description: 'only the conversation with this user; default: all' }) };
  static override flags = {
    since: time({
      description: 'only messages of this time or later: 2h (ago), 2026-01-31, …',
      env: 'IM_HISTORY_SINCE',
    }),
    until: time({ description: 'only messages before this time', env: 'IM_HISTORY_UNTIL' }),
    grep: regexp({ description: 'only messages whose text matches', env: 'IM_HISTORY_GREP' }),
    limit: integer({
      description: 'at most this many messages, the newest',
      min: 1,
      helpValue: 'N',
      env: 'IM_HISTORY_LIMIT',
    }),
    device: deviceFlag({
      description: 'the history of im connect --device NAME; default: that of the chat on this machine',
      env: 'IM_CONNECT_DEVICE',
    }),
    as: userFlag({
      description: 'whose history; default: user in profile.json, else the name of your account on this machine',
      env: 'IM_USER',
    }),
    ...serverFlags,
    ...outputFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(History);
    const output = this.output(flags.json);
    const { user, folder } = await findHistory(await resolveTarget(flags), flags);
    const history = new LocalHistory({ files, folder });
    const now = clock.now();
    const { grep, limit } = flags;
    const filter = { since: flags.since?.(now), until: flags.until?.(now), grep, limit };
    try {
      const known = await history.peers();
      const peers = args.user === undefined ? known : known.filter((peer) => peer === args.user);
      await printHistory(history, peers, filter, output);
      if (args.user !== undefined && peers.length === 0)
        output.note(safe`im: ${inline(user)} has no conversation with ${inline(args.user)} in this history`);
    } catch (error) {
      throw isRefusal(error) ? refusedFolder(error, folder, 'state') : error;
    }
  }
}
