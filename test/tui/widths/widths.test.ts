/** TextWidth, compared with real terminals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf } from '../../../src/text/safe-text.js';
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
