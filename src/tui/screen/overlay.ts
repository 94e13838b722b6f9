/** What can cover the messages: help, settings, status (`/who`), search, plain text. Pure. */

import type { SearchHit } from '../../history/history.js';
import { type Composer, EMPTY_COMPOSER } from '../composer/composer.js';
import type { Anchor } from '../model/viewport.js';

export type Overlay = HelpOverlay | SettingsOverlay | { readonly type: 'who' } | SearchOverlay | CopyOverlay;

/** The messages as plain text: see PlainBlocks. It does not follow new messages: that would undo a selection. */
interface CopyOverlay {
  readonly type: 'copy';
  readonly anchor: Exclude<Anchor, 'end'>;
}

interface HelpOverlay {
  readonly type: 'help';
  /** Rows scrolled out at the top. */
  readonly top: number;
  /** Opened by typing `?`, which can also be the first character of a message. */
  readonly isTyped: boolean;
}

/** A setting, as text for people. */
export interface ShownSetting {
  readonly key: string;
  /** Empty: none. */
  readonly value: string;
  /** What it comes from. */
  readonly source: string;
  readonly meaning: string;
}

interface SettingsOverlay {
  readonly type: 'settings';
  /** Rows scrolled out at the top. */
  readonly top: number;
  readonly settings: readonly ShownSetting[];
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
