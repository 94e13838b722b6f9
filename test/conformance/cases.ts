/** All tests of the folder `cases`, each file as a suite with its own hooks. They take the server from target.ts. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';

const folder = join(import.meta.dirname, 'cases');

/** To be called at top level, or in `describe`. */
export function describeCases(): void {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.js'))) {
    describe(file.replace('.js', ''), async () => {
      await import(`./cases/${file}`);
    });
  }
}
