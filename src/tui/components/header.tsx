/** The header: the peer, when it was last heard, unread messages, and whether there are messages below the visible ones. */
import { Spacer } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import type { Region } from '../rows/screen-regions.js';
import type { HeaderView } from '../view-model/view-model.js';
import { Bar, Text, useSymbols, useTexts } from './primitives.js';

export function Header({
  peer,
  unread,
  isMuted,
  heard,
  hasMoreBelow,
  region,
}: HeaderView & { readonly region: Region }): ReactNode {
  const symbols = useSymbols();
  const { header: texts } = useTexts();
  return (
    <Bar style="bar" columns={region.columns}>
      <Text style="title">{peer === undefined ? safe` ` : safe` ${peer}`}</Text>
      {isMuted && <Text style="bar">{safe`  ${texts.muted}`}</Text>}
      {heard !== undefined && <Text style="bar">{safe`  ${heard}`}</Text>}
      <Spacer />
      {unread > 0 && <Text style="notice">{safe`${texts.unread(unread)} `}</Text>}
      {hasMoreBelow && <Text style="bar">{safe` ${symbols.below} ${texts.goToEnd} `}</Text>}
      {unread > 0 && !hasMoreBelow && <Text style="bar">{safe` ${texts.markRead} `}</Text>}
    </Bar>
  );
}
