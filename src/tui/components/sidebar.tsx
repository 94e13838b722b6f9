/** The sidebar: all conversations with their unread messages, drafts and failures. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import { span } from '../rows/row.js';
import type { Region } from '../rows/screen-regions.js';
import type { SidebarEntry, SidebarView } from '../view-model/view-model.js';
import { Bar, Rows, Text, useSymbols, useTexts } from './primitives.js';

export function Sidebar(props: SidebarView & { readonly region: Region }): ReactNode {
  const { entries, unreadAbove, unreadBelow, region } = props;
  const symbols = useSymbols();
  const { sidebar: texts } = useTexts();
  const columns = region.columns - 1;
  return (
    <Box width={region.columns} height={region.rows}>
      <Box width={columns} flexDirection="column">
        <Bar style="bar" columns={columns}>
          <Text style="bar">
            {unreadAbove > 0 ? safe` ${symbols.above} ${texts.moreUnread(unreadAbove)}` : safe` ${texts.title}`}
          </Text>
        </Bar>
        {entries.map((entry) => (
          <Entry key={entry.peer} {...entry} columns={columns} />
        ))}
        <Spacer />
        {unreadBelow > 0 && <Text style="dim">{safe` ${symbols.below} ${texts.moreUnread(unreadBelow)}`}</Text>}
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

function Entry({ name, marks, isOpen, columns }: SidebarEntry & { readonly columns: number }): ReactNode {
  const symbols = useSymbols();
  const style = isOpen ? 'selected' : 'text';
  return (
    <Bar style={style} columns={columns}>
      <Box flexShrink={0}>
        <Rows rows={[[span(isOpen ? safe` ${symbols.pointer} ` : safe`   `, style), name]]} />
      </Box>
      <Spacer />
      <Box flexShrink={0}>
        <Rows rows={[marks]} />
      </Box>
    </Bar>
  );
}
