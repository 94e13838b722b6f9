/** The primitives of all components: safe text in a style. No text reaches Ink in any other way. */
import { Box, Text as InkText } from 'ink';
import { createContext, type ReactNode, useContext } from 'react';
import type { SafeText } from '../../text/safe-text.js';
import { createTextWidth } from '../../text/text-width.js';
import { CellPlaceholders } from '../render/cell-placeholders.js';
import type { Row } from '../rows/row.js';
import { type Symbols, UNICODE } from '../rows/symbols.js';
import { type Style, THEMES, type Theme } from '../rows/theme.js';

export interface Drawing {
  readonly placeholders: CellPlaceholders;
  readonly theme: Theme;
  readonly symbols: Symbols;
}

export const DrawingContext = createContext<Drawing>({
  placeholders: new CellPlaceholders(createTextWidth()),
  theme: THEMES.dark,
  symbols: UNICODE,
});

export const useSymbols = (): Symbols => useContext(DrawingContext).symbols;

/** Text on one row; cut if it does not fit. */
export function Text({ children, style = 'text' }: { readonly children: SafeText; readonly style?: Style }): ReactNode {
  const { placeholders, theme } = useContext(DrawingContext);
  return (
    <InkText {...theme[style]} wrap="truncate">
      {placeholders.encode(children)}
    </InkText>
  );
}

/** Rows that are laid out already. */
export function Rows({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  const { placeholders, theme } = useContext(DrawingContext);
  return (
    <Box flexDirection="column">
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity, and no state.
        <InkText key={index} wrap="truncate">
          {row.length === 0
            ? ' '
            : row.map(({ text, style, link }, part) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                <InkText key={part} {...theme[style]}>
                  {placeholders.encode(text, link)}
                </InkText>
              ))}
        </InkText>
      ))}
    </Box>
  );
}

/** A horizontal line. */
export function Rule({ columns }: { readonly columns: number }): ReactNode {
  return <Text style="rule">{useSymbols().horizontal.repeat(columns) as SafeText}</Text>;
}

/** One row with the background of a style. */
export function Bar({
  style,
  columns,
  children,
}: {
  readonly style: Style;
  readonly columns: number;
  readonly children: ReactNode;
}): ReactNode {
  const { theme } = useContext(DrawingContext);
  const { backgroundColor } = theme[style];
  return (
    <Box width={columns} height={1} {...(backgroundColor !== undefined && { backgroundColor })}>
      {children}
    </Box>
  );
}
