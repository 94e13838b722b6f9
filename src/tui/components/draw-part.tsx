/** Draws a part of the screen with Ink, by itself: what did not change is not drawn again. */
import { Box, renderToString } from 'ink';
import type { ReactNode } from 'react';
import type { Ruler } from '../../text/text-width.js';
import { Glyphs } from '../render/cell-placeholders.js';
import type { Grid } from '../render/grid.js';
import { readDrawing } from '../render/ink-output-parser.js';
import type { Size } from '../rows/screen-regions.js';
import { type Drawing, DrawingContext } from './primitives.js';

export type Look = Omit<Drawing, 'glyphs'> & { readonly ruler: Ruler };

export function draw(element: ReactNode, { columns, rows }: Size, { ruler, theme, signs }: Look): Grid {
  const glyphs = new Glyphs(ruler);
  const drawing = renderToString(
    <DrawingContext.Provider value={{ glyphs, theme, signs }}>
      <Box width={columns} height={rows}>
        {element}
      </Box>
    </DrawingContext.Provider>,
    { columns },
  );
  return readDrawing(drawing, { columns, rows }, glyphs);
}
