/** What the beginning of a command may become, between the messages and what is written. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { SafeText } from '../../text/safe-text.js';
import type { Row } from '../rows/row.js';
import { Rows, T, useSymbols } from './primitives.js';

interface CompletionsProps {
  readonly rows: readonly Row[];
  readonly columns: number;
}

export function Completions({ rows, columns }: CompletionsProps): ReactNode {
  const symbols = useSymbols();
  return (
    <Box flexDirection="column" width={columns}>
      <T style="rule">{symbols.horizontal.repeat(columns) as SafeText}</T>
      <Rows rows={rows} />
    </Box>
  );
}
