/** The composer: the text being written, below a rule. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { type SafeText, safe } from '../../text/safe-text.js';
import type { Region } from '../rows/screen-regions.js';
import type { ComposerView } from '../view-model/view-model.js';
import { Rule, Text, useSymbols } from './primitives.js';

export function ComposerBox(props: ComposerView & { readonly region: Region }): ReactNode {
  const { rows, indent, hint, hasMoreAbove, hasMoreBelow, hasRule, region } = props;
  const symbols = useSymbols();
  const symbolOf = (index: number): SafeText => {
    if (index === 0 && hasMoreAbove) return symbols.above;
    if (index === rows.length - 1 && hasMoreBelow) return symbols.below;
    return index === 0 ? symbols.prompt : safe` `;
  };
  return (
    <Box flexDirection="column" width={region.columns}>
      {hasRule && <Rule columns={region.columns} />}
      {rows.map((text, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity, and no state.
        <Box key={index} height={1}>
          <Box flexShrink={0} width={indent}>
            <Text style="me">{symbolOf(index)}</Text>
          </Box>
          {hint === undefined ? <Text>{text}</Text> : <Text style="hint">{hint}</Text>}
        </Box>
      ))}
    </Box>
  );
}
