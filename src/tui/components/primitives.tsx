/** The primitives of all components: safe text in a style. No text reaches Ink in any other way. */
import { Box, Text as InkText } from 'ink';
import { createContext, type ReactNode, useContext } from 'react';
import type { SafeText } from '../../text/safe-text.js';
import type { CellPlaceholders } from '../render/cell-placeholders.js';
import type { Row } from '../rows/row.js';
import type { Symbols } from '../rows/symbols.js';
import type { Style, Theme } from '../rows/theme.js';
import type { Texts } from '../texts/en.js';

export interface Drawing {
  readonly placeholders: CellPlaceholders;
  readonly theme: Theme;
  readonly symbols: Symbols;
  readonly texts: Texts;
}

export const DrawingContext = createContext<Drawing | undefined>(undefined);

function useDrawing(): Drawing {
  const drawing = useContext(DrawingContext);
  if (!drawing) throw new Error('a component outside of a FrameRenderer');
  return drawing;
}

export const useSymbols = (): Symbols => useDrawing().symbols;
export const useTexts = (): Texts => useDrawing().texts;

/** Text on one row; cut if it does not fit. */
export function Text({ children, style = 'text' }: { readonly children: SafeText; readonly style?: Style }): ReactNode {
  const { placeholders, theme } = useDrawing();
  return (
    <InkText {...theme[style]} wrap="truncate">
      {placeholders.encode(children)}
    </InkText>
  );
}

/** Rows that are laid out already. */
export function Rows({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  const { placeholders, theme } = useDrawing();
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
  const { theme } = useDrawing();
  const { backgroundColor } = theme[style];
  return (
    <Box width={columns} height={1} {...(backgroundColor !== undefined && { backgroundColor })}>
      {children}
    </Box>
  );
}
