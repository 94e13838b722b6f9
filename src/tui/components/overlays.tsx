/** The overlays: help, status (`/who`), search. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { type SafeText, safe } from '../../text/safe-text.js';
import type { Row } from '../rows/row.js';
import type { Region } from '../rows/screen-regions.js';
import { type SearchView, searchLabel } from '../view-model/search-view.js';
import { Rows, Text, useSymbols, useTexts } from './primitives.js';

interface HelpProps {
  readonly rows: readonly Row[];
  /** Rows scrolled out at the top; limited to what there is to scroll. */
  readonly top: number;
  /** The key that scrolls, if any. */
  readonly more: SafeText | undefined;
  readonly region: Region;
}

export function Help({ rows, top, more, region }: HelpProps): ReactNode {
  const symbols = useSymbols();
  const { help: texts } = useTexts();
  const room = Math.max(region.rows - 1, 1);
  const first = Math.max(0, Math.min(top, rows.length - room));
  const hasMore = first + room < rows.length;
  return (
    <Box flexDirection="column" flexGrow={1}>
      <Rows rows={rows.slice(first, first + room)} />
      <Spacer />
      <Text style="dim">
        {hasMore
          ? safe` ${symbols.below} ${more === undefined ? safe`` : safe`${texts.more(more)}   `}${texts.close}`
          : safe` ${texts.close}`}
      </Text>
    </Box>
  );
}

export function Who({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  return (
    <Box flexDirection="column" flexGrow={1} padding={1}>
      <Rows rows={rows} />
      <Spacer />
      <Text style="dim">{useTexts().help.close}</Text>
    </Box>
  );
}

export function Search({ query, rows, status }: SearchView): ReactNode {
  const symbols = useSymbols();
  const texts = useTexts();
  return (
    <Box flexDirection="column" flexGrow={1} paddingX={1}>
      <Box height={1}>
        <Box flexShrink={0}>
          <Text style="key">{searchLabel(symbols, texts)}</Text>
        </Box>
        <Text>{query === '' ? safe` ` : query}</Text>
      </Box>
      <Text style="dim">{status}</Text>
      <Rows rows={rows} />
    </Box>
  );
}
