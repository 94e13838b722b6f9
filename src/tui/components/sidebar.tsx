/** The sidebar: all conversations with their unread messages, drafts and failures. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import { nameStyle, type Style } from '../rows/row.js';
import type { Region } from '../rows/screen-regions.js';
import { entryMarks, type SidebarEntry, type SidebarView } from '../view-model/view-model.js';
import { Bar, Rows, Text, useSymbols } from './primitives.js';

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
          <Text style="bar">
            {unreadAbove > 0 ? safe` ${symbols.above} ${unreadAbove} more unread` : safe` Conversations`}
          </Text>
        </Bar>
        {entries.map((entry) => (
          <Entry key={entry.peer} {...entry} columns={columns} />
        ))}
        <Spacer />
        {unreadBelow > 0 && <Text style="dim">{safe` ${symbols.below} ${unreadBelow} more unread`}</Text>}
      </Box>
      <Box width={1} flexDirection="column">
        {Array.from({ length: region.rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other identity, and no state.
          <Text key={row} style={row === 0 ? 'bar' : 'rule'}>
            {row === 0 ? safe` ` : symbols.vertical}
          </Text>
        ))}
      </Box>
    </Box>
  );
}

function Entry({ name, isOpen, columns, ...entry }: SidebarEntry & { readonly columns: number }): ReactNode {
  const symbols = useSymbols();
  const style: Style = isOpen ? 'selected' : entry.unread > 0 ? nameStyle(entry.peer) : 'text';
  return (
    <Bar style={isOpen ? 'selected' : 'text'} columns={columns}>
      <Box flexShrink={0}>
        <Text style={isOpen ? 'selected' : 'text'}>{isOpen ? safe` ${symbols.pointer} ` : safe`   `}</Text>
        <Text style={style}>{name}</Text>
      </Box>
      <Spacer />
      <Box flexShrink={0}>
        <Rows rows={[entryMarks(entry, symbols)]} />
      </Box>
    </Bar>
  );
}
