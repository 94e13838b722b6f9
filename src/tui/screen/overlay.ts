/** What is shown over the messages: help, what there is to know, the search. Pure. */
import type { SearchHit } from '../../history/history.js';
import { type Composer, EMPTY } from '../composer/composer.js';
import { TUI } from '../limits.js';

export type Overlay = HelpOverlay | WhoOverlay | SearchOverlay;

interface HelpOverlay {
  readonly type: 'help';
  /** Rows that were scrolled away. */
  readonly top: number;
  /** Opened by a `?`, which may have been meant as the beginning of a message. */
  readonly isByText?: boolean;
}

interface WhoOverlay {
  readonly type: 'who';
}

export interface SearchOverlay {
  readonly type: 'search';
  readonly composer: Composer;
  /** Which search it is: what an earlier one finds is not wanted any more. */
  readonly run: number;
  readonly found: readonly SearchHit[];
  readonly selected: number;
  readonly isBusy: boolean;
}

export const openSearch = (): SearchOverlay => ({
  type: 'search',
  composer: EMPTY,
  run: 0,
  found: [],
  selected: 0,
  isBusy: false,
});

/** Other words: another search. */
export const withWords = (overlay: SearchOverlay, composer: Composer, run: number): SearchOverlay => ({
  ...overlay,
  composer,
  run,
  found: [],
  selected: 0,
  isBusy: composer.text.trim() !== '',
});

export const withFound = (overlay: SearchOverlay, found: readonly SearchHit[], isBusy: boolean): SearchOverlay => ({
  ...overlay,
  found: [...overlay.found, ...found],
  isBusy,
});

export const isFull = ({ found }: SearchOverlay): boolean => found.length >= TUI.maxFound;

/** The selection, so many further down; it stops at the ends. */
export function moveSelection(overlay: SearchOverlay, by: number): SearchOverlay {
  const selected = Math.max(0, Math.min(overlay.selected + by, overlay.found.length - 1));
  return { ...overlay, selected };
}
