/** With whom one talks, and whether there is more below what is seen. */
import { Spacer } from 'ink';
import type { ReactNode } from 'react';
import { safe } from '../../text/safe-text.js';
import type { Region } from '../rows/screen-regions.js';
import type { HeaderView } from '../view-model/view-model.js';
import { Bar, T, useSymbols } from './primitives.js';

export function Header({ peer, unread, isAway, region }: HeaderView & { readonly region: Region }): ReactNode {
  const symbols = useSymbols();
  return (
    <Bar style="bar" columns={region.columns}>
      <T style="title">{peer === undefined ? safe` ` : safe` ${peer}`}</T>
      <Spacer />
      {unread > 0 && <T style="notice">{safe`${unread} unread `}</T>}
      {isAway && <T style="bar">{safe` ${symbols.below} Esc: to the end `}</T>}
      {unread > 0 && !isAway && <T style="bar">{safe` Esc: read `}</T>}
    </Bar>
  );
}
