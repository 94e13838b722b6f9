/** The names of keys, by what a terminal sends for them: `enter`, `alt+up`, `f1` … Pure. */

/** Keys by the final character of a CSI or SS3 sequence. */
const KEY_BY_FINAL: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  E: 'clear',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};

/** Keys by the first parameter of `CSI … ~`. */
const KEY_BY_NUMBER: Readonly<Record<number, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
};

/** Characters that have names of their own. */
const CONTROL_KEYS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'ctrl+j',
  '\t': 'tab',
  '\b': 'ctrl+h',
  '\u007f': 'backspace',
  '\0': 'ctrl+space',
  '\u001b': 'escape',
  ' ': 'space',
};

/** A terminal sends the same for both. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['ctrl+/', 'ctrl+_'],
  ['ctrl+7', 'ctrl+_'],
  ['ctrl+@', 'ctrl+space'],
  ['ctrl+2', 'ctrl+space'],
]);

/** The key that stands for all that terminals do not tell apart. */
export const sameKey = (key: string): string => SAME.get(key) ?? key;

/** The key of one character, typed alone or with Ctrl. */
export function characterKey(character: string): string {
  const named = CONTROL_KEYS[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 ? `ctrl+${String.fromCharCode(code + 0x40).toLowerCase()}` : character;
}

/** The same with Alt. */
export function altKey(character: string): string {
  const key = characterKey(character);
  return key.startsWith('ctrl+') ? key.replace('+', '+alt+') : `alt+${key}`;
}

/** A mouse report (SGR 1006) of the wheel, up or down, with or without Shift, Alt and Ctrl. */
const WHEEL = /^\u001b\[<(6[45]|6[89]|7[2367]|8[0145]|8[89]|9[23]);\d+;\d+M$/;

/** The key of a control sequence; undefined for reports and unknown sequences. */
export function sequenceKey(sequence: string): string | undefined {
  const wheel = WHEEL.exec(sequence)?.[1];
  if (wheel !== undefined) return Number(wheel) & 1 ? 'wheeldown' : 'wheelup';
  const console = /^\u001b\[\[([A-E])$/.exec(sequence)?.[1];
  if (console !== undefined) return `f${console.charCodeAt(0) - 64}`;
  const parts = /^\u001b\[(\d*)(?:;(\d*)(?::\d+)?)?([A-Za-z~])$/.exec(sequence);
  if (parts === null) return undefined;
  const [, first = '', modifiers = '', final = ''] = parts;
  const name = final === 'Z' ? 'shift+tab' : keyName(first, final);
  return name && withModifiers(name, Number(modifiers));
}

/** The key of `ESC O final`. @param modifiers as for `withModifiers`. */
export function ss3Key(final: string, modifiers: number): string | undefined {
  const name = final === 'M' ? 'enter' : KEY_BY_FINAL[final];
  return name && withModifiers(name, modifiers);
}

function keyName(first: string, final: string): string | undefined {
  const code = Number(first);
  if (final === '~') return KEY_BY_NUMBER[code];
  if (final === 'u') return code > 0 && code <= 0x10ffff ? characterKey(String.fromCodePoint(code)) : undefined;
  // `CSI 1 ; 5 A` is a key; another first parameter makes it a report, such as `CSI 24 ; 80 R`.
  return first === '' || first === '1' ? KEY_BY_FINAL[final] : undefined;
}

/** @param modifiers as terminals send them: 1 + (shift 1, alt 2, ctrl 4). */
function withModifiers(name: string, modifiers: number): string {
  const bits = Math.max(modifiers - 1, 0);
  return sameKey(`${bits & 4 ? 'ctrl+' : ''}${bits & 2 ? 'alt+' : ''}${bits & 1 ? 'shift+' : ''}${name}`);
}
