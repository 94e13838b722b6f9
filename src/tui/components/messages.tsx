/** The messages of the open conversation, aligned to the bottom; a welcome text while none is open. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { USER_NAME_RULE } from '../../protocol/field-types.js';
import { inline, safe } from '../../text/safe-text.js';
import type { Row } from '../rows/row.js';
import { Rows, Text } from './primitives.js';

interface MessagesProps {
  readonly rows: readonly Row[];
  readonly isWelcome: boolean;
}

export function Messages({ rows, isWelcome }: MessagesProps): ReactNode {
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
      <Text style="strong">{safe`No conversations yet.`}</Text>
      <Text>{safe` `}</Text>
      <Text>{safe`/to NAME opens a conversation.`}</Text>
      <Text style="dim">{safe`A name: ${inline(USER_NAME_RULE)}.`}</Text>
      <Text>{safe` `}</Text>
      <Text style="dim">{safe`F1 shows the keys, Ctrl+C twice quits.`}</Text>
    </Box>
  );
}
