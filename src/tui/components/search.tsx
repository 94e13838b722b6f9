/** The search over the messages: the words, and what was found. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import { styleOf } from '../row.js';
import type { SearchEntry, SearchView } from '../view.js';
import { T, useSigns } from './ink.js';

export function Search({ words, results, count, isBusy }: SearchView): ReactNode {
  const signs = useSigns();
  return (
    <Box flexDirection="column" flexGrow={1} paddingX={1}>
      <Box height={1}>
        <Box flexShrink={0}>
          <T style="key">{safe`Search ${signs.prompt} `}</T>
        </Box>
        <T>{words === '' ? safe` ` : words}</T>
      </Box>
      <T style="dim">{stateOf(words, count, isBusy)}</T>
      {results.map((entry, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: entries have no other identity, and no state.
        <Entry key={index} {...entry} />
      ))}
    </Box>
  );
}

function stateOf(words: string, count: number, isBusy: boolean) {
  if (words.trim() === '') return safe`What was said, in all conversations. Esc closes`;
  if (isBusy) return safe`${count} found, still looking`;
  return count === 0 ? safe`nothing found` : safe`${count} found. Up and Down choose, Enter shows it where it was said`;
}

function Entry({ from, when, text, isSelected }: SearchEntry): ReactNode {
  const signs = useSigns();
  return (
    <Box height={1}>
      <Box flexShrink={0}>
        <T style="found">{isSelected ? signs.pointer : safe` `}</T>
        <T style={isSelected ? 'strong' : styleOf(from)}>{safe` ${from}  `}</T>
        <T style="dim">{safe`${when}  `}</T>
      </Box>
      <T style={isSelected ? 'selected' : 'text'}>{text === '' ? safe` ` : text}</T>
    </Box>
  );
}
