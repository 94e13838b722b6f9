/** `im completion`: prints the completion script of a shell. The scripts are files of the package, which `npm run docs` writes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { string } from '@oclif/core/args';
import { BaseCommand } from '../src/cli/app/base-command.js';

export default class CompletionCommand extends BaseCommand {
  static override summary = 'Print the completion script of a shell';
  static override description =
    'Run it again after an update. zsh looks for _im in the folders of $fpath; PowerShell runs it in $PROFILE.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> bash > im.bash',
    '<%= config.bin %> <%= command.id %> zsh > _im',
  ];
  static override args = {
    shell: string({
      description: 'the shell',
      options: ['bash', 'fish', 'powershell', 'zsh'],
      required: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(CompletionCommand);
    const script = await readFile(join(this.config.root, 'docs/completion', `im.${args.shell}`), 'utf8');
    this.log(script.trimEnd());
  }
}
