/** What the beginning of a command may become. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { type SafeText, safe } from '../../text/safe-text.js';
import { T } from './ink.js';

export function Completions({ texts }: { readonly texts: readonly SafeText[] }): ReactNode {
  return (
    <Box flexGrow={1} paddingX={1}>
      <T style="key">{texts.join('  ') as SafeText}</T>
      <T>{safe` `}</T>
    </Box>
  );
}
