/** Where everything stands on a screen of a given size. Pure. What there is no room for goes, the composer last. */
import { TUI } from '../limits.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A rectangle of the screen; nothing where a side is 0. */
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

/** Below this the list of conversations folds away. */
const SIDEBAR_FROM_COLUMNS = 60;

/** @param composerRows how many rows the text that is written would take. */
export function layOutScreen({ columns, rows }: Size, composerRows: number): Regions {
  const statusRows = rows >= 3 ? 1 : 0;
  const headerRows = rows >= 8 ? 1 : 0;
  const rest = rows - statusRows - headerRows;
  const composerMost = Math.max(1, Math.min(TUI.maxComposerRows, Math.floor(rest / 2)));
  // One row more for the rule above the text, where there is room.
  const ruleRows = rows >= 10 ? 1 : 0;
  const writtenRows = Math.max(0, Math.min(rest, composerRows, composerMost));
  const bottomRows = Math.min(rest, writtenRows + ruleRows);
  const messageRows = rest - bottomRows;
  const sidebarColumns = columns >= SIDEBAR_FROM_COLUMNS ? Math.max(18, Math.min(28, Math.floor(columns / 4))) : 0;
  const x = sidebarColumns;
  const width = columns - sidebarColumns;
  // A blank column at each side of what is read.
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
