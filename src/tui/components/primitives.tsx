/** What every component draws with: safe text in a style. Nothing here reaches Ink in any other way. */
import { Box, Text } from 'ink';
import { createContext, type ReactNode, useContext } from 'react';
import type { SafeText } from '../../text/safe-text.js';
import { createTextWidth } from '../../text/text-width.js';
import { CellPlaceholders } from '../render/cell-placeholders.js';
import type { Row, Style } from '../rows/row.js';
import { type Symbols, UNICODE } from '../rows/symbols.js';
import { THEMES, type Theme } from '../rows/theme.js';

/** With what it is drawn. */
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

/** A piece of text on one row; cut where there is no room. */
export function T({ children, style = 'text' }: { readonly children: SafeText; readonly style?: Style }): ReactNode {
  const { placeholders, theme } = useContext(DrawingContext);
  return (
    <Text {...theme[style]} wrap="truncate">
      {placeholders.encode(children)}
    </Text>
  );
}

/** Rows that were measured before. */
export function Rows({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  const { placeholders, theme } = useContext(DrawingContext);
  return (
    <Box flexDirection="column">
      {rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity, and no state.
        <Text key={index} wrap="truncate">
          {row.length === 0
            ? ' '
            : row.map(({ text, style }, part) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: as above.
                <Text key={part} {...theme[style]}>
                  {placeholders.encode(text)}
                </Text>
              ))}
        </Text>
      ))}
    </Box>
  );
}

/** One row with a background. */
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
