/** The text that is being written, below its rule. */
import { Box } from 'ink';
import type { ReactNode } from 'react';
import { type SafeText, safe } from '../../text/safe-text.js';
import type { Region } from '../rows/screen-regions.js';
import type { ComposerView } from '../view-model/view-model.js';
import { T, useSymbols } from './primitives.js';

export function ComposerBox(props: ComposerView & { readonly region: Region }): ReactNode {
  const { rows, indent, hint, isCutAbove, isCutBelow, hasRule, region } = props;
  const symbols = useSymbols();
  const signOf = (index: number): SafeText => {
    if (index === 0 && isCutAbove) return symbols.above;
    if (index === rows.length - 1 && isCutBelow) return symbols.below;
    return index === 0 ? symbols.prompt : safe` `;
  };
  return (
    <Box flexDirection="column" width={region.columns}>
      {hasRule && <T style="rule">{symbols.horizontal.repeat(region.columns) as SafeText}</T>}
      {rows.map((text, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity, and no state.
        <Box key={index} height={1}>
          <Box flexShrink={0} width={indent}>
            <T style="me">{signOf(index)}</T>
          </Box>
          {hint === undefined ? <T>{text}</T> : <T style="hint">{hint}</T>}
        </Box>
      ))}
    </Box>
  );
}
