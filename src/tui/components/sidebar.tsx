/** The conversations, with what is unread in each. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import { type Style, styleOf } from '../rows/row.js';
import type { Region } from '../rows/screen-regions.js';
import { entryMarks, type SidebarEntry, type SidebarView } from '../view-model/view-model.js';
import { Bar, Rows, T, useSymbols } from './primitives.js';

export function Sidebar({
  entries,
  unreadAbove,
  unreadBelow,
  region,
}: SidebarView & { readonly region: Region }): ReactNode {
  const symbols = useSymbols();
  const columns = region.columns - 1;
  return (
    <Box width={region.columns} height={region.rows}>
      <Box width={columns} flexDirection="column">
        <Bar style="bar" columns={columns}>
          <T style="bar">
            {unreadAbove > 0 ? safe` ${symbols.above} ${unreadAbove} more unread` : safe` Conversations`}
          </T>
        </Bar>
        {entries.map((entry) => (
          <Entry key={entry.peer} {...entry} columns={columns} />
        ))}
        <Spacer />
        {unreadBelow > 0 && <T style="dim">{safe` ${symbols.below} ${unreadBelow} more unread`}</T>}
      </Box>
      <Box width={1} flexDirection="column">
        {Array.from({ length: region.rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other identity, and no state.
          <T key={row} style={row === 0 ? 'bar' : 'rule'}>
            {row === 0 ? safe` ` : symbols.vertical}
          </T>
        ))}
      </Box>
    </Box>
  );
}

function Entry({ name, isOpen, columns, ...entry }: SidebarEntry & { readonly columns: number }): ReactNode {
  const symbols = useSymbols();
  const style: Style = isOpen ? 'selected' : entry.unread > 0 ? styleOf(entry.peer) : 'text';
  return (
    <Bar style={isOpen ? 'selected' : 'text'} columns={columns}>
      <Box flexShrink={0}>
        <T style={isOpen ? 'selected' : 'text'}>{isOpen ? safe` ${symbols.pointer} ` : safe`   `}</T>
        <T style={style}>{name}</T>
      </Box>
      <Spacer />
      <Box flexShrink={0}>
        <Rows rows={[entryMarks(entry, symbols)]} />
      </Box>
    </Bar>
  );
}
