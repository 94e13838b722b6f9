/** TextWidth, compared with real terminals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf } from '../../../src/text/safe-text.js';
import { paint } from '../../../src/tui/render/painter.js';
import { textWidth } from '../fixture.js';
import { readMeasuredWidths } from './measured-widths.js';

/** What is visible by itself, and assigned: gaps are in the ranges around them. */
const VISIBLE = /[\p{L}\p{Mc}\p{N}\p{P}\p{S}]/u;

test('no terminal draws a visible character wider than its columns', () => {
  for (const [code, { most }] of readMeasuredWidths().widths) {
    const character = String.fromCodePoint(code);
    const columns = textWidth.columns(`x${character}`) - 1;
    if (VISIBLE.test(character)) assert.ok(columns >= most, `U+${code.toString(16)}: ${columns} instead of ${most}`);
  }
});

test('line mode breaks lines by an upper bound of their columns on every terminal (R18)', () => {
  for (const [code, { most }] of readMeasuredWidths().widths) {
    const columns = columnsOf(String.fromCodePoint(code));
    assert.ok(columns >= most, `U+${code.toString(16)}: ${columns} instead of ${most}`);
  }
  assert.ok(columnsOf('1\ufe0f') >= 2, 'tmux makes it wide');
});

test('the position is set after every character that takes more columns on one terminal than on another', () => {
  for (const [code, { least, most }] of readMeasuredWidths().widths) {
    const [cell] = textWidth.cells(String.fromCodePoint(code));
    if (cell === undefined || (least === cell.columns && most === cell.columns)) continue;
    const rest = new Array<undefined>(cell.columns - 1).fill(undefined);
    const bytes = paint(undefined, { grid: [[{ ...cell, sgr: '' }, ...rest]], cursor: undefined });
    assert.ok(bytes.includes(`\u001b[${cell.columns + 1}G`), `U+${code.toString(16)}`);
  }
});
