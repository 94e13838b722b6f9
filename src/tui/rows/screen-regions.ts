/** Divides a screen into regions. Pure. On a small screen regions are dropped, the composer last. */
import { TUI } from '../limits.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A rectangle of the screen; empty when a side is 0. */
export interface Region extends Size {
  readonly x: number;
  readonly y: number;
}

export interface Regions {
  readonly sidebar: Region;
  readonly header: Region;
  readonly messages: Region;
  readonly composer: Region;
  readonly status: Region;
}

/** Narrower screens have no sidebar. */
const SIDEBAR_FROM_COLUMNS = 60;

/** @param composerRows rows of the composer's text. */
export function layOutScreen({ columns, rows }: Size, composerRows: number): Regions {
  const statusRows = rows >= 3 ? 1 : 0;
  const headerRows = rows >= 8 ? 1 : 0;
  const rest = rows - statusRows - headerRows;
  const maxComposerRows = Math.max(1, Math.min(TUI.maxComposerRows, Math.floor(rest / 2)));
  // A rule above the composer's text, if there is room.
  const ruleRows = rows >= 10 ? 1 : 0;
  const textRows = Math.max(0, Math.min(rest, composerRows, maxComposerRows));
  const bottomRows = Math.min(rest, textRows + ruleRows);
  const messageRows = rest - bottomRows;
  const sidebarColumns = columns >= SIDEBAR_FROM_COLUMNS ? Math.max(18, Math.min(28, Math.floor(columns / 4))) : 0;
  const x = sidebarColumns;
  const width = columns - sidebarColumns;
  // A blank column at each side of messages and composer.
  const margin = sidebarColumns > 0 ? 1 : 0;
  const inner = { x: x + margin, columns: width - 2 * margin };
  return {
    sidebar: { x: 0, y: 0, columns: sidebarColumns, rows: rows - statusRows },
    header: { x, y: 0, columns: width, rows: headerRows },
    messages: { ...inner, y: headerRows, rows: messageRows },
    composer: { ...inner, y: headerRows + messageRows, rows: bottomRows },
    status: { x: 0, y: rows - statusRows, columns, rows: statusRows },
  };
}
