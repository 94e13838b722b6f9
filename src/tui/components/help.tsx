/** The overlays with text only: the help and the status (`/who`). */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { type SafeText, safe } from '../../text/safe-text.js';
import type { Row } from '../rows/row.js';
import type { Region } from '../rows/screen-regions.js';
import { Rows, Text, useSymbols } from './primitives.js';

interface HelpProps {
  readonly rows: readonly Row[];
  /** Rows scrolled out at the top; limited to what there is to scroll. */
  readonly top: number;
  readonly region: Region;
}

export function Help({ rows, top, region }: HelpProps): ReactNode {
  const symbols = useSymbols();
  const room = Math.max(region.rows - 1, 1);
  const first = Math.max(0, Math.min(top, rows.length - room));
  const hasMore = first + room < rows.length;
  return (
    <Box flexDirection="column" flexGrow={1}>
      <Rows rows={rows.slice(first, first + room)} />
      <Spacer />
      <Text style="dim">{hasMore ? safe` ${symbols.below} PgDn: more   Esc: close` : safe` Esc: close`}</Text>
    </Box>
  );
}

export function Who({ lines }: { readonly lines: readonly SafeText[] }): ReactNode {
  return (
    <Box flexDirection="column" flexGrow={1} padding={1}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity, and no state.
        <Text key={index}>{line === '' ? safe` ` : line}</Text>
      ))}
      <Spacer />
      <Text style="dim">{safe`Esc: close`}</Text>
    </Box>
  );
}
