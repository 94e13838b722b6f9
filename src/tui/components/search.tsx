/** The search over the messages: the words, and what was found. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import { type SearchView, searchLabel } from '../view-model/search-view.js';
import { Rows, T, useSymbols } from './primitives.js';

export function Search({ words, rows, state }: SearchView): ReactNode {
  const symbols = useSymbols();
  return (
    <Box flexDirection="column" flexGrow={1} paddingX={1}>
      <Box height={1}>
        <Box flexShrink={0}>
          <T style="key">{searchLabel(symbols)}</T>
        </Box>
        <T>{words === '' ? safe` ` : words}</T>
      </Box>
      <T style="dim">{state}</T>
      <Rows rows={rows} />
    </Box>
  );
}
