/** The styles and their colors. Ordinary text keeps the terminal's own colors. */
import type { TextProps } from 'ink';

type StyleProps = Readonly<Pick<TextProps, 'color' | 'backgroundColor' | 'bold' | 'dimColor' | 'inverse'>>;

export const THEME_NAMES = ['dark', 'light'] as const;
export type ThemeName = (typeof THEME_NAMES)[number];
/** `auto`: that of the terminal's background, if it says which it has; else dark. */
export type ThemeChoice = ThemeName | 'auto';

/** For terminals with 16 colors: the user's palette decides how they look. */
export const BASIC = {
  text: {},
  dim: { dimColor: true },
  strong: { bold: true },
  /** The user's name. */
  me: { color: 'blue', bold: true },
  /** The name of a peer: see nameStyle. */
  peer0: { color: 'yellow', bold: true },
  peer1: { color: 'green', bold: true },
  peer2: { color: 'magenta', bold: true },
  peer3: { color: 'cyan', bold: true },
  peer4: { color: 'red', bold: true },
  peer5: { color: 'blueBright', bold: true },
  queued: { color: 'yellow' },
  stored: { dimColor: true },
  delivered: { color: 'green' },
  failed: { color: 'red', bold: true },
  new: { color: 'red' },
  late: { color: 'yellow' },
  match: { color: 'yellow', inverse: true },
  rule: { dimColor: true },
  unread: { color: 'black', backgroundColor: 'yellow', bold: true },
  selected: { color: 'black', backgroundColor: 'cyan', bold: true },
  online: { color: 'black', backgroundColor: 'white' },
  offline: { color: 'red', backgroundColor: 'white', bold: true },
  notice: { color: 'black', backgroundColor: 'yellow' },
  bar: { color: 'black', backgroundColor: 'white' },
  title: { color: 'black', backgroundColor: 'white', bold: true },
  key: { color: 'cyan' },
  hint: { dimColor: true },
} satisfies Readonly<Record<string, StyleProps>>;

/** The role of a piece of text; the theme decides how it looks. */
export type Style = keyof typeof BASIC;
export type Theme = Readonly<Record<Style, StyleProps>>;

export const THEMES: Readonly<Record<ThemeName, Theme>> = {
  dark: {
    text: {},
    dim: { color: '#7f8694' },
    strong: { bold: true },
    me: { color: '#8ab4f8', bold: true },
    peer0: { color: '#f0b866', bold: true },
    peer1: { color: '#7fd1ae', bold: true },
    peer2: { color: '#e08fb4', bold: true },
    peer3: { color: '#b79cf0', bold: true },
    peer4: { color: '#e5c76b', bold: true },
    peer5: { color: '#6cc7d9', bold: true },
    queued: { color: '#e5c76b' },
    stored: { color: '#7f8694' },
    delivered: { color: '#7fd1ae' },
    failed: { color: '#f28b82', bold: true },
    new: { color: '#f28b82' },
    late: { color: '#e5c76b' },
    match: { color: '#f0b866', inverse: true },
    rule: { color: '#4a505c' },
    unread: { color: '#1b1e24', backgroundColor: '#f0b866', bold: true },
    selected: { backgroundColor: '#2c313c', bold: true },
    online: { color: '#7fd1ae', backgroundColor: '#22262f' },
    offline: { color: '#f28b82', backgroundColor: '#22262f' },
    notice: { color: '#e5c76b', backgroundColor: '#22262f' },
    bar: { color: '#9aa1af', backgroundColor: '#22262f' },
    title: { color: '#e8eaee', backgroundColor: '#22262f', bold: true },
    key: { color: '#8ab4f8' },
    hint: { color: '#636a78' },
  },
  light: {
    text: {},
    dim: { color: '#6b7280' },
    strong: { bold: true },
    me: { color: '#1d4ed8', bold: true },
    peer0: { color: '#b45309', bold: true },
    peer1: { color: '#047857', bold: true },
    peer2: { color: '#be185d', bold: true },
    peer3: { color: '#6d28d9', bold: true },
    peer4: { color: '#854d0e', bold: true },
    peer5: { color: '#0e7490', bold: true },
    queued: { color: '#a16207' },
    stored: { color: '#6b7280' },
    delivered: { color: '#047857' },
    failed: { color: '#b91c1c', bold: true },
    new: { color: '#b91c1c' },
    late: { color: '#a16207' },
    match: { color: '#b45309', inverse: true },
    rule: { color: '#c3c8d1' },
    unread: { color: '#ffffff', backgroundColor: '#b45309', bold: true },
    selected: { backgroundColor: '#dfe5ef', bold: true },
    online: { color: '#047857', backgroundColor: '#e8ebf0' },
    offline: { color: '#b91c1c', backgroundColor: '#e8ebf0' },
    notice: { color: '#92400e', backgroundColor: '#e8ebf0' },
    bar: { color: '#4b5563', backgroundColor: '#e8ebf0' },
    title: { color: '#111827', backgroundColor: '#e8ebf0', bold: true },
    key: { color: '#1d4ed8' },
    hint: { color: '#9aa1ad' },
  },
};

/** Bits of color that the themes need. */
const THEME_DEPTH = 8;

/** The theme, or BASIC for a terminal with few colors. @param colorDepth in bits. */
export const themeFor = (name: ThemeName, colorDepth: number): Theme =>
  colorDepth >= THEME_DEPTH ? THEMES[name] : BASIC;
