/** The conversations, with what is unread in each. */
import { Box, Spacer } from 'ink';
import type { ReactNode } from 'react';
import { type SafeText, safe } from '../../text/safe-text.js';
import type { Region } from '../regions.js';
import { type Style, styleOf } from '../row.js';
import type { SidebarEntry, SidebarView } from '../view.js';
import { Bar, T, useSigns } from './ink.js';

export function Sidebar({
  entries,
  unreadAbove,
  unreadBelow,
  region,
}: SidebarView & { readonly region: Region }): ReactNode {
  const signs = useSigns();
  const columns = region.columns - 1;
  return (
    <Box width={region.columns} height={region.rows}>
      <Box width={columns} flexDirection="column">
        <Bar style="bar" columns={columns}>
          <T style="bar">{unreadAbove > 0 ? safe` ${signs.above} ${unreadAbove} more unread` : safe` Conversations`}</T>
        </Bar>
        {entries.map((entry) => (
          <Entry key={entry.peer} {...entry} columns={columns} />
        ))}
        <Spacer />
        {unreadBelow > 0 && <T style="dim">{safe` ${signs.below} ${unreadBelow} more unread`}</T>}
      </Box>
      <Box width={1} flexDirection="column">
        {Array.from({ length: region.rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no other identity, and no state.
          <T key={row} style={row === 0 ? 'bar' : 'rule'}>
            {row === 0 ? safe` ` : signs.vertical}
          </T>
        ))}
      </Box>
    </Box>
  );
}

function Entry({ peer, unread, isOpen, hasDraft, columns }: SidebarEntry & { readonly columns: number }): ReactNode {
  const signs = useSigns();
  const style: Style = isOpen ? 'selected' : unread > 0 ? styleOf(peer) : 'text';
  return (
    <Bar style={isOpen ? 'selected' : 'text'} columns={columns}>
      <Box flexShrink={0}>
        <T style={isOpen ? 'selected' : 'text'}>{isOpen ? safe` ${signs.pointer} ` : safe`   `}</T>
      </Box>
      <Box flexShrink={1}>
        <T style={style}>{peer}</T>
      </Box>
      <Spacer />
      <Box flexShrink={0}>
        {hasDraft && <T style="late">{safe` ${signs.draft} `}</T>}
        {unread > 0 && <T style="unread">{countOf(unread)}</T>}
      </Box>
    </Bar>
  );
}

const countOf = (unread: number): SafeText => (unread > 999 ? safe` 999+ ` : safe` ${unread} `);
