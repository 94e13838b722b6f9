/** The messages, which were measured before: the newest stand at the bottom. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { USER_NAME_RULE } from '../../protocol/field-types.js';
import { inline, safe } from '../../text/safe-text.js';
import type { Row } from '../rows/row.js';
import { Rows, T } from './primitives.js';

export function Messages({
  rows,
  isWelcome,
}: {
  readonly rows: readonly Row[];
  readonly isWelcome: boolean;
}): ReactNode {
  if (isWelcome) return <Welcome />;
  return (
    <Box flexDirection="column" flexGrow={1}>
      <Spacer />
      <Rows rows={rows} />
    </Box>
  );
}

function Welcome(): ReactNode {
  return (
    <Box flexDirection="column" flexGrow={1} alignItems="center" justifyContent="center">
      <T style="strong">{safe`Nobody to talk to yet.`}</T>
      <T>{safe` `}</T>
      <T>{safe`/to NAME opens a conversation.`}</T>
      <T style="dim">{safe`A name: ${inline(USER_NAME_RULE)}.`}</T>
      <T>{safe` `}</T>
      <T style="dim">{safe`F1 shows the keys, Ctrl+C twice leaves.`}</T>
    </Box>
  );
}
