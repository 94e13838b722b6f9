/** Renders one part of the screen with Ink, by itself, into a grid. */
import { Box, renderToString } from 'ink';
import type { ReactNode } from 'react';
import type { TextWidth } from '../../text/text-width.js';
import { CellPlaceholders } from '../render/cell-placeholders.js';
import type { Grid } from '../render/grid.js';
import { parseInkOutput } from '../render/ink-output-parser.js';
import type { Size } from '../rows/screen-regions.js';
import { type Drawing, DrawingContext } from './primitives.js';

export type DrawContext = Omit<Drawing, 'placeholders'> & { readonly textWidth: TextWidth };

export function drawPart(
  element: ReactNode,
  { columns, rows }: Size,
  { textWidth, theme, symbols }: DrawContext,
): Grid {
  const placeholders = new CellPlaceholders(textWidth);
  const output = renderToString(
    <DrawingContext.Provider value={{ placeholders, theme, symbols }}>
      <Box width={columns} height={rows}>
        {element}
      </Box>
    </DrawingContext.Provider>,
    { columns },
  );
  return parseInkOutput(output, { columns, rows }, placeholders);
}
