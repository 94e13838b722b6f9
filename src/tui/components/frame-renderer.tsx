/** Renders a view model into a frame. Ink draws each part of the screen by itself, and only if its props have changed. */
import { Box, renderToString } from 'ink';
import type { ReactNode } from 'react';
import type { TextWidth } from '../../text/text-width.js';
import { CellPlaceholders } from '../render/cell-placeholders.js';
import { blankGrid, blit, type Grid } from '../render/grid.js';
import { parseInkOutput } from '../render/ink-output-parser.js';
import type { Frame } from '../render/painter.js';
import type { Region, Size } from '../rows/screen-regions.js';
import { helpRows } from '../view-model/help-rows.js';
import type { ViewModel } from '../view-model/view-model.js';
import { Completions } from './completions.js';
import { ComposerBox } from './composer-box.js';
import { Header } from './header.js';
import { Help, Who } from './help.js';
import { Messages } from './messages.js';
import { type Drawing, DrawingContext, Rows } from './primitives.js';
import { Search } from './search.js';
import { Sidebar } from './sidebar.js';

type DrawContext = Omit<Drawing, 'placeholders'> & { readonly textWidth: TextWidth };

interface CachedPart {
  readonly key: string;
  readonly grid: Grid;
}

/** Draws a component into a region, in the part of the screen that `name` identifies. */
type Put = <P extends object>(name: string, component: (props: P) => ReactNode, props: P, region: Region) => void;

export class FrameRenderer {
  readonly #parts = new Map<string, CachedPart>();

  constructor(private readonly context: DrawContext) {}

  render(view: ViewModel, size: Size): Frame {
    const { regions, composer, status, sidebar, header, completions } = view;
    const grid = blankGrid(size);
    const put: Put = (name, component, props, region) => {
      if (region.columns <= 0 || region.rows <= 0) return;
      blit(grid, this.#draw(name, component, props, region), region);
    };
    put('sidebar', Sidebar, { ...sidebar, region: regions.sidebar }, regions.sidebar);
    put('header', Header, { ...header, region: regions.header }, regions.header);
    putMessages(view, put);
    if (completions.length > 0) {
      const { messages } = regions;
      const region = { ...messages, y: messages.y + messages.rows, rows: completions.length + 1 };
      put('completions', Completions, { rows: completions, columns: region.columns }, region);
    }
    put('composer', ComposerBox, { ...composer, region: regions.composer }, regions.composer);
    if (view.help) {
      const { symbols, textWidth } = this.context;
      const region = { x: 0, y: 0, columns: size.columns, rows: size.rows - regions.status.rows };
      put('help', Help, { rows: helpRows(region.columns, symbols, textWidth), top: view.help.top, region }, region);
    }
    put('status', Rows, { rows: [status] }, regions.status);
    return { grid, cursor: view.cursor };
  }

  #draw<P extends object>(name: string, component: (props: P) => ReactNode, props: P, region: Region): Grid {
    const key = JSON.stringify([component.name, props, region.columns, region.rows]);
    const cached = this.#parts.get(name);
    if (cached?.key === key) return cached.grid;
    const Component = component;
    const grid = drawPart(<Component {...props} />, region, this.context);
    this.#parts.set(name, { key, grid });
    return grid;
  }
}

function putMessages({ regions, messages, who, search, header }: ViewModel, put: Put): void {
  const region = regions.messages;
  if (who) put('messages', Who, { lines: who }, region);
  else if (search) put('messages', Search, search, region);
  else put('messages', Messages, { rows: messages, isWelcome: header.peer === undefined }, region);
}

function drawPart(element: ReactNode, { columns, rows }: Size, { textWidth, theme, symbols }: DrawContext): Grid {
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
