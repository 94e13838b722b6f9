/** Renders a view model into a frame. Ink draws each part of the screen by itself, and only if its props have changed. */
import { Box, renderToString } from 'ink';
import type { ReactNode } from 'react';
import type { TextWidth } from '../../text/text-width.js';
import { CellPlaceholders } from '../render/cell-placeholders.js';
import { blankGrid, blit, type Grid } from '../render/grid.js';
import { parseInkOutput } from '../render/ink-output-parser.js';
import type { Frame } from '../render/painter.js';
import type { Region, Size } from '../rows/screen-regions.js';
import type { Theme } from '../rows/theme.js';
import { helpRows } from '../view-model/help-rows.js';
import type { ViewModel } from '../view-model/view-model.js';
import { ComposerBox } from './composer-box.js';
import { Header } from './header.js';
import { Messages, Panel, Welcome } from './messages.js';
import { Help, Search, Who } from './overlays.js';
import { type Drawing, DrawingContext, Rows } from './primitives.js';
import { Sidebar } from './sidebar.js';

type DrawContext = Omit<Drawing, 'placeholders'> & { readonly textWidth: TextWidth };

export class FrameRenderer {
  readonly #parts = new Map<string, { readonly key: string; readonly grid: Grid }>();

  constructor(private context: DrawContext) {}

  /** What is drawn next has these colors. */
  setTheme(theme: Theme): void {
    this.context = { ...this.context, theme };
    this.#parts.clear();
  }

  render(view: ViewModel, size: Size): Frame {
    const { regions, composer, status, sidebar, header, messages, panel, who, search, hasOnlyClosed, helpKey } = view;
    const grid = blankGrid(size);
    const put = <P extends object>(name: string, component: (props: P) => ReactNode, props: P, region: Region) => {
      if (region.columns <= 0 || region.rows <= 0) return;
      blit(grid, this.#draw(name, component, props, region), region);
    };
    put('sidebar', Sidebar, { ...sidebar, region: regions.sidebar }, regions.sidebar);
    put('header', Header, { ...header, region: regions.header }, regions.header);
    if (who) put('messages', Who, { rows: who }, regions.messages);
    else if (search) put('messages', Search, search, regions.messages);
    else if (header.peer === undefined) put('messages', Welcome, { hasOnlyClosed, helpKey }, regions.messages);
    else put('messages', Messages, { rows: messages }, regions.messages);
    if (panel.length > 0) {
      const { columns, x, y, rows } = regions.messages;
      const region = { columns, x, y: y + rows, rows: panel.length + 1 };
      put('panel', Panel, { rows: panel, columns: region.columns }, region);
    }
    put('composer', ComposerBox, { ...composer, region: regions.composer }, regions.composer);
    if (view.help) {
      const { symbols, texts, textWidth } = this.context;
      const region = { x: 0, y: 0, columns: size.columns, rows: size.rows - regions.status.rows };
      const rows = helpRows(region.columns, view.help.keymap, symbols, texts, textWidth);
      const more = view.help.keymap.labelOf('page-down');
      put('help', Help, { rows, top: view.help.top, more, region }, region);
    }
    if (view.settings) {
      const region = { x: 0, y: 0, columns: size.columns, rows: size.rows - regions.status.rows };
      put('help', Help, { ...view.settings, region }, region);
    }
    put('status', Rows, { rows: [status] }, regions.status);
    return { grid, cursor: view.cursor };
  }

  /** Draws the part of the screen that `name` identifies. */
  #draw<P extends object>(name: string, Component: (props: P) => ReactNode, props: P, { columns, rows }: Size): Grid {
    const key = JSON.stringify([Component.name, props, columns, rows]);
    const cached = this.#parts.get(name);
    if (cached?.key === key) return cached.grid;
    const { textWidth, theme, symbols, texts } = this.context;
    const placeholders = new CellPlaceholders(textWidth);
    const output = renderToString(
      <DrawingContext.Provider value={{ placeholders, theme, symbols, texts }}>
        <Box width={columns} height={rows}>
          <Component {...props} />
        </Box>
      </DrawingContext.Provider>,
      { columns },
    );
    const grid = parseInkOutput(output, { columns, rows }, placeholders);
    this.#parts.set(name, { key, grid });
    return grid;
  }
}
