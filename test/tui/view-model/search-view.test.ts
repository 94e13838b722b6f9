/** The search overlay: what it shows of a message. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { composerWith } from '../../../src/tui/composer/composer.js';
import { joinText, widthOf } from '../../../src/tui/rows/row.js';
import { openSearch } from '../../../src/tui/screen/overlay.js';
import { searchView } from '../../../src/tui/view-model/search-view.js';
import { fromPeer, makeScreen, NOW, textWidth } from '../fixture.js';

/** The row of one hit. */
function rowOf(body: string, query: string, columns = 60) {
  const hits = [{ peer: 'bob', message: fromPeer(1, { body }), segment: 1 }];
  const overlay = { ...openSearch(composerWith(query), 1), hits, isSearching: false };
  const region = { x: 0, y: 0, columns, rows: 10 };
  return searchView(overlay, region, makeScreen().rowContext(NOW)).rows[0] ?? [];
}
const shown = (body: string, query: string, columns?: number): string => joinText(rowOf(body, query, columns)).trim();

test('a hit is shown from the beginning of its line, if the match fits', () => {
  assert.match(
    shown('Please look at the deployment of build 42', 'build'),
    /bob +09:15 +Please look at the deployment of build 42$/,
  );
  assert.match(shown('one\nPlease look at build 42\nthree', 'build'), /09:15 +Please look at build 42$/);
});

test('otherwise the line is cut between two words before the match, and an ellipsis says so', () => {
  const words = 'word '.repeat(20);
  assert.match(shown(`${words}a deployment of build 42`, 'build'), /09:15 +…word a deployment of build 42$/);
  assert.match(shown(`${words}https://host.example/${'x'.repeat(30)}build`, 'build'), /09:15 +…x+build$/);
  assert.match(shown('Superlongfirstword and then the one', 'the one', 34), /…and then the one$/);
});

test('a match that fits into the row is visible in it, whatever is before it', () => {
  const text = fc.stringMatching(/^[a-z 你]{0,80}$/);
  fc.assert(
    fc.property(text, text, fc.integer({ min: 50, max: 120 }), (before, after, columns) => {
      const row = rowOf(`${before}MATCH${after}`, 'match', columns);
      assert.ok(widthOf(row, textWidth) <= columns);
      assert.ok(
        row.some((part) => part.style === 'match' && part.text.startsWith('MATCH')),
        joinText(row),
      );
    }),
  );
});
