/** The search overlay: query, status and hits. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import { type SearchView, searchLabel } from '../view-model/search-view.js';
import { Rows, Text, useSymbols } from './primitives.js';

export function Search({ query, rows, status }: SearchView): ReactNode {
  const symbols = useSymbols();
  return (
    <Box flexDirection="column" flexGrow={1} paddingX={1}>
      <Box height={1}>
        <Box flexShrink={0}>
          <Text style="key">{searchLabel(symbols)}</Text>
        </Box>
        <Text>{query === '' ? safe` ` : query}</Text>
      </Box>
      <Text style="dim">{status}</Text>
      <Rows rows={rows} />
    </Box>
  );
}
