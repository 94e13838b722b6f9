/** The messages of the open conversation, aligned to the bottom, or a welcome text; and the panel below them. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { type SafeText, safe } from '../../text/safe-text.js';
import type { Row } from '../rows/row.js';
import { Rows, Rule, Text, useTexts } from './primitives.js';

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
  const { welcome: texts } = useTexts();
  return (
    <Box flexDirection="column" flexGrow={1} alignItems="center" justifyContent="center">
      <Text style="strong">{hasOnlyClosed ? texts.allClosed : texts.none}</Text>
      <Text>{safe` `}</Text>
      <Text>{texts.open}</Text>
      <Text style="dim">{texts.rule}</Text>
      <Text>{safe` `}</Text>
      <Text style="dim">{texts.keys(helpKey)}</Text>
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
