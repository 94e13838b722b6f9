/** What can cover the messages: help, status (`/who`), search. Pure. */
import type { SearchHit } from '../../history/history.js';
import { type Composer, EMPTY_COMPOSER } from '../composer/composer.js';

export type Overlay = HelpOverlay | { readonly type: 'who' } | SearchOverlay;

interface HelpOverlay {
  readonly type: 'help';
  /** Rows scrolled out at the top. */
  readonly top: number;
  /** Opened by typing `?`, which can also be the first character of a message. */
  readonly isTyped: boolean;
}

export interface SearchOverlay {
  readonly type: 'search';
  /** The query. */
  readonly composer: Composer;
  /** Hits of searches with another id are obsolete. */
  readonly id: number;
  readonly hits: readonly SearchHit[];
  /** The index of the selected hit. */
  readonly selected: number;
  readonly isSearching: boolean;
}

export const openHelp = (isTyped = false): HelpOverlay => ({ type: 'help', top: 0, isTyped });

/** A search without hits yet. A blank query searches nothing. */
export const openSearch = (composer: Composer = EMPTY_COMPOSER, id = 0): SearchOverlay => ({
  type: 'search',
  composer,
  id,
  hits: [],
  selected: 0,
  isSearching: composer.text.trim() !== '',
});
