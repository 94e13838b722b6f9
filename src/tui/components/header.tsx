/** The header: the peer, when it was last heard, unread messages, and whether there are messages below the visible ones. */
import { Spacer } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import type { Region } from '../rows/screen-regions.js';
import type { HeaderView } from '../view-model/view-model.js';
import { Bar, Text, useSymbols } from './primitives.js';

export function Header({
  peer,
  unread,
  isMuted,
  heard,
  hasMoreBelow,
  region,
}: HeaderView & { readonly region: Region }): ReactNode {
  const symbols = useSymbols();
  return (
    <Bar style="bar" columns={region.columns}>
      <Text style="title">{peer === undefined ? safe` ` : safe` ${peer}`}</Text>
      {isMuted && <Text style="bar">{safe`  muted`}</Text>}
      {heard !== undefined && <Text style="bar">{safe`  ${heard}`}</Text>}
      <Spacer />
      {unread > 0 && <Text style="notice">{safe`${unread} unread `}</Text>}
      {hasMoreBelow && <Text style="bar">{safe` ${symbols.below} Esc: go to end `}</Text>}
      {unread > 0 && !hasMoreBelow && <Text style="bar">{safe` Esc: mark read `}</Text>}
    </Bar>
  );
}
