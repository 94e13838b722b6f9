/** The messages of the open conversation, aligned to the bottom, or a welcome text; and the panel below them. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { USER_NAME_RULE } from '../../protocol/fields.js';
import { inline, type SafeText, safe } from '../../text/safe-text.js';
import type { Row } from '../rows/row.js';
import { Rows, Rule, Text } from './primitives.js';

export function Messages({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  return (
    <Box flexDirection="column" flexGrow={1}>
      <Spacer />
      <Rows rows={rows} />
    </Box>
  );
}

/** Shown while no conversation is open. */
export function Welcome({
  hasOnlyClosed,
  helpKey,
}: {
  readonly hasOnlyClosed: boolean;
  readonly helpKey: SafeText;
}): ReactNode {
  return (
    <Box flexDirection="column" flexGrow={1} alignItems="center" justifyContent="center">
      <Text style="strong">{hasOnlyClosed ? safe`All conversations are closed.` : safe`No conversations yet.`}</Text>
      <Text>{safe` `}</Text>
      <Text>{safe`/to NAME opens a conversation.`}</Text>
      <Text style="dim">{safe`A name: ${inline(USER_NAME_RULE)}.`}</Text>
      <Text>{safe` `}</Text>
      <Text style="dim">{safe`${helpKey} shows the keys, Ctrl+C twice quits.`}</Text>
    </Box>
  );
}

/** Rows below the messages. */
export function Panel({ rows, columns }: { readonly rows: readonly Row[]; readonly columns: number }): ReactNode {
  return (
    <Box flexDirection="column" width={columns}>
      <Rule columns={columns} />
      <Rows rows={rows} />
    </Box>
  );
}
