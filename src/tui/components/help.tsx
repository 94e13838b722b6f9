/** The help over the messages, and what there is to know about oneself. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { type SafeText, safe } from '../../text/safe-text.js';
import type { Row } from '../rows/row.js';
import type { Region } from '../rows/screen-regions.js';
import { Rows, T, useSymbols } from './primitives.js';

interface HelpProps {
  readonly rows: readonly Row[];
  /** Rows that were scrolled away. */
  readonly top: number;
  readonly region: Region;
}

export function Help({ rows, top, region }: HelpProps): ReactNode {
  const symbols = useSymbols();
  const room = Math.max(region.rows - 1, 1);
  const first = Math.max(0, Math.min(top, rows.length - room));
  const isCut = first + room < rows.length;
  return (
    <Box flexDirection="column" flexGrow={1}>
      <Rows rows={rows.slice(first, first + room)} />
      <Spacer />
      <T style="dim">{isCut ? safe` ${symbols.below} PgDn: more   Esc: close` : safe` Esc: close`}</T>
    </Box>
  );
}

export function Who({ lines }: { readonly lines: readonly SafeText[] }): ReactNode {
  return (
    <Box flexDirection="column" flexGrow={1} padding={1}>
      {lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity, and no state.
        <T key={index}>{line === '' ? safe` ` : line}</T>
      ))}
      <Spacer />
      <T style="dim">{safe`Esc: close`}</T>
    </Box>
  );
}
