/** The search over the messages: the words, and what was found. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import { type SearchView, searchLabel } from '../search-view.js';
import { Rows, T, useSigns } from './ink.js';

export function Search({ words, rows, count, isBusy }: SearchView): ReactNode {
  const signs = useSigns();
  return (
    <Box flexDirection="column" flexGrow={1} paddingX={1}>
      <Box height={1}>
        <Box flexShrink={0}>
          <T style="key">{searchLabel(signs)}</T>
        </Box>
        <T>{words === '' ? safe` ` : words}</T>
      </Box>
      <T style="dim">{stateOf(words, count, isBusy)}</T>
      <Rows rows={rows} />
    </Box>
  );
}

function stateOf(words: string, count: number, isBusy: boolean) {
  if (words.trim() === '') return safe`What was said, in all conversations. Esc closes`;
  if (isBusy) return safe`${count} found, still looking`;
  return count === 0 ? safe`nothing found` : safe`${count} found. Up and Down choose, Enter shows it where it was said`;
}
