/** Rows that are cut to fit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inline } from '../../../src/text/safe-text.js';
import { clip, clipMiddle, joinText, justify, type Row, span } from '../../../src/tui/rows/row.js';
import { UNICODE } from '../../../src/tui/rows/symbols.js';
import { textWidth } from '../fixture.js';

const row = (...texts: string[]): Row => texts.map((text) => span(inline(text)));

test('a name that is too long is cut in its middle', () => {
  const cut = (columns: number): string =>
    clipMiddle(inline('build-server-eu-1'), columns, textWidth, UNICODE.ellipsis);
  assert.deepEqual([17, 16, 9, 2, 1].map(cut), ['build-server-eu-1', 'build-se…er-eu-1', 'buil…eu-1', 'b…', '…']);
});

test('a row that is too long is cut between cells, and ends with an ellipsis', () => {
  assert.equal(joinText(clip(row('你好', '世界'), 6, textWidth, UNICODE.ellipsis)), '你好…');
  assert.equal(joinText(clip(row('abc'), 3, textWidth, UNICODE.ellipsis)), 'abc');
  assert.equal(joinText(justify(row('left'), row('right'), 12, textWidth, UNICODE.ellipsis)), 'left   right');
  assert.equal(joinText(justify(row('a longer one'), row('right'), 12, textWidth, UNICODE.ellipsis)), 'a lon… right');
});
