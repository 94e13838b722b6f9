/** The completion scripts for bash, zsh and PowerShell, made by the generators of oclif's plugin from oclif.manifest.json. */
import { join } from 'node:path';
import { Config } from '@oclif/core';

interface Generator {
  generate(): string;
}

/** The getter is private only in its declaration. */
interface Create {
  readonly bashCompletionFunction: string;
}

/** The plugin exports none of its parts. */
const PARTS = 'node_modules/@oclif/plugin-autocomplete/lib';

/** Name of the shell → script. @param root the folder of package.json. */
export async function shellCompletions(root: string): Promise<ReadonlyMap<string, string>> {
  const config = await Config.load(root);
  const part = async <T, A extends unknown[]>(path: string) =>
    ((await import(join(root, PARTS, path))) as { default: new (...args: A) => T }).default;
  const CreateCommand = await part<Create, [string[], Config]>('commands/autocomplete/create.js');
  const Zsh = await part<Generator, [Config]>('autocomplete/zsh.js');
  const PowerShell = await part<Generator, [Config]>('autocomplete/powershell.js');
  return new Map([
    ['bash', new CreateCommand([], config).bashCompletionFunction],
    ['zsh', new Zsh(config).generate()],
    ['powershell', new PowerShell(config).generate()],
  ]);
}
