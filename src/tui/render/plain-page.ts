/** Bytes for a page of plain text, which the terminal itself wraps: a selection copies a long line as one line. Pure. */
import type { SafeText } from '../../text/safe-text.js';
import type { PlainRow } from '../rows/plain-blocks.js';
import type { Size } from '../rows/screen-regions.js';

const CSI = '\u001b[';

export interface PlainPage {
  readonly rows: readonly PlainRow[];
  /** Which keys there are, for the last row. */
  readonly hint: SafeText;
}

/** Draws everything. The terminal wraps lines (7) from now on, until LEAVE_PLAIN_PAGE. */
export function plainPage({ rows, hint }: PlainPage, size: Size): string {
  const text = rows.map(
    (row) => `${row.isHeading ? `${CSI}7m${row.text}${CSI}m` : row.text}${row.continues ? '' : '\r\n'}`,
  );
  return `${CSI}?2026h${CSI}?25l${CSI}m${CSI}2J${CSI}?7h${CSI}H${text.join('')}${CSI}${size.rows};1H${CSI}2m${hint}${CSI}m${CSI}?2026l`;
}

export const LEAVE_PLAIN_PAGE = `${CSI}?7l${CSI}2J`;
