/** The completions of a slash command, between the messages and the composer. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import type { Row } from '../rows/row.js';
import { Rows, Rule } from './primitives.js';

interface CompletionsProps {
  readonly rows: readonly Row[];
  readonly columns: number;
}

export function Completions({ rows, columns }: CompletionsProps): ReactNode {
  return (
    <Box flexDirection="column" width={columns}>
      <Rule columns={columns} />
      <Rows rows={rows} />
    </Box>
  );
}
