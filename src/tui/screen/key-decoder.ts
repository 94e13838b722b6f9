/**
 * Turns what a terminal sends into keys, text and pastes. Pure: text goes in, inputs come out. What a terminal says without
 * being asked (reports, replies, unknown sequences) is no input, however it is cut into pieces.
 */
import { TUI } from '../limits.js';

export type Input =
  /** Text that was typed, or put in by an input method. */
  | { readonly type: 'text'; readonly text: string }
  /** `enter`, `alt+enter`, `ctrl+n`, `shift+tab`, `pageup` … */
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'paste'; readonly text: string }
  /** The window has the keyboard, or lost it. */
  | { readonly type: 'focus'; readonly hasFocus: boolean };

const ESC = '\u001b';
const SS3 = `${ESC}O`;
const PASTE_BEGIN = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;

/** A control sequence, whole: parameters, intermediates, final. The Linux console's `ESC [ [ A` among them. */
const CSI = /^\u001b\[(\[[A-E]|[0-?]*[ -/]*[@-~])/;
const CSI_BEGUN = /^\u001b\[(\[?|[0-?]*[ -/]*)$/;

/** A string for a program: OSC, DCS, SOS, PM, APC; it ends with ST or BEL, or where something else begins. */
const STRING = /^\u001b[\]PX^_][^\u0007\u001b\u0018\u001a]*(\u0007|\u001b\\|\u0018|\u001a|(?=\u001b[^\\]))/;
const STRING_BEGUN = /^\u001b[\]PX^_][^\u0007\u001b\u0018\u001a]*\u001b?$/;

/** Finals of CSI and SS3, and what they are called. */
const FINALS: Readonly<Record<string, string>> = {
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

/** First parameters of `CSI … ~`. */
const NUMBERS: Readonly<Record<number, string>> = {
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
};

/** Characters that are keys with names of their own. */
const NAMED: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'ctrl+j',
  '\t': 'tab',
  '\b': 'ctrl+h',
  '\u007f': 'backspace',
  '\0': 'ctrl+space',
  [ESC]: 'escape',
};

export class KeyDecoder {
  /** What may be the beginning of more. */
  #rest = '';
  /** Pieces of the paste that goes on, and their length. */
  #paste: string[] | undefined;
  #pasteLength = 0;

  /** Whether something is waited for: after a while `flush` says that nothing more came. */
  get isWaiting(): boolean {
    return this.#rest !== '' && this.#paste === undefined;
  }

  push(text: string): Input[] {
    const inputs: Input[] = [];
    let input = this.#rest + text;
    this.#rest = '';
    while (input !== '') {
      const taken = this.#paste === undefined ? this.#take(input, inputs) : this.#takePasted(input, inputs);
      if (taken === 0) {
        this.#rest = input;
        break;
      }
      input = input.slice(taken);
    }
    return inputs;
  }

  /** Nothing more came: a lone ESC was the key. What else was begun is given up. */
  flush(): Input[] {
    const rest = this.#rest;
    this.#rest = '';
    if (rest === ESC) return [{ type: 'key', key: 'escape' }];
    return rest === SS3 ? [{ type: 'key', key: 'alt+O' }] : [];
  }

  /** Takes one thing from the front; returns how much of it, 0 when more is needed. */
  #take(input: string, inputs: Input[]): number {
    if (!input.startsWith(ESC)) return takeText(input, inputs);
    if (input.startsWith(PASTE_BEGIN)) {
      this.#paste = [];
      this.#pasteLength = 0;
      return PASTE_BEGIN.length;
    }
    const whole = CSI.exec(input) ?? STRING.exec(input);
    if (whole) {
      inputs.push(...meaningOf(whole[0]));
      return whole[0].length;
    }
    const isBegun = input === ESC || input === SS3 || CSI_BEGUN.test(input) || STRING_BEGUN.test(input);
    if (isBegun) return input.length > TUI.maxReportLength ? input.length : 0;
    return takeAlt(input, inputs);
  }

  #takePasted(input: string, inputs: Input[]): number {
    const end = input.indexOf(PASTE_END);
    if (end === -1) {
      // The end may have begun already.
      const held = input.lastIndexOf(ESC);
      const isEndBegun = held !== -1 && PASTE_END.startsWith(input.slice(held));
      return this.#keep(isEndBegun ? input.slice(0, held) : input);
    }
    this.#keep(input.slice(0, end));
    inputs.push({ type: 'paste', text: (this.#paste ?? []).join('') });
    this.#paste = undefined;
    return end + PASTE_END.length;
  }

  #keep(text: string): number {
    // One that is too long is not wanted anyhow; that it was is seen by its length.
    if (this.#pasteLength <= TUI.maxComposerLength) this.#paste?.push(text);
    this.#pasteLength += text.length;
    return text.length;
  }
}

/** Plain text up to the next control character, or one control character. */
function takeText(input: string, inputs: Input[]): number {
  const text = /^[^\0-\x1f\x7f]+/.exec(input)?.[0];
  if (text !== undefined) {
    inputs.push({ type: 'text', text });
    return text.length;
  }
  inputs.push({ type: 'key', key: keyOf(input[0] as string) });
  return 1;
}

/** `ESC x`: a key with Alt. `ESC O x`: a function key. */
function takeAlt(input: string, inputs: Input[]): number {
  const ss3 = /^\u001bO([0-9;]*)([A-Za-z])/.exec(input);
  if (ss3) {
    const name = ss3[2] === 'M' ? 'enter' : FINALS[ss3[2] as string];
    if (name !== undefined) inputs.push({ type: 'key', key: withModifiers(name, Number(ss3[1])) });
    return ss3[0].length;
  }
  const character = /^\u001b(.)/su.exec(input)?.[1] ?? ESC;
  if (character === ESC) {
    inputs.push({ type: 'key', key: 'escape' });
    return 1;
  }
  inputs.push({ type: 'key', key: `alt+${keyOf(character)}` });
  return 1 + character.length;
}

function keyOf(character: string): string {
  const named = NAMED[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 ? `ctrl+${String.fromCharCode(code + 0x40).toLowerCase()}` : character;
}

function meaningOf(sequence: string): Input[] {
  if (sequence === `${ESC}[I`) return [{ type: 'focus', hasFocus: true }];
  if (sequence === `${ESC}[O`) return [{ type: 'focus', hasFocus: false }];
  const key = keyOfSequence(sequence);
  return key === undefined ? [] : [{ type: 'key', key }];
}

/** The key of a control sequence; undefined when it is none, such as a report. */
function keyOfSequence(sequence: string): string | undefined {
  const console = /^\u001b\[\[([A-E])$/.exec(sequence)?.[1];
  if (console !== undefined) return `f${console.charCodeAt(0) - 64}`;
  const parts = /^\u001b\[(\d*)(?:;(\d*)(?::\d+)?)?([A-Za-z~])$/.exec(sequence);
  if (parts === null) return undefined;
  const [, first = '', modifiers = '', final = ''] = parts;
  const name = final === 'Z' ? 'shift+tab' : nameOf(first, final);
  return name && withModifiers(name, Number(modifiers));
}

function nameOf(first: string, final: string): string | undefined {
  if (final === '~') return NUMBERS[Number(first)];
  if (final === 'u') return isCodePoint(Number(first)) ? keyOf(String.fromCodePoint(Number(first))) : undefined;
  // `CSI 1 ; 5 A` is a key; with another first parameter it is a report, such as `CSI 24 ; 80 R`.
  return first === '' || first === '1' ? FINALS[final] : undefined;
}

const isCodePoint = (code: number): boolean => code > 0 && code <= 0x10ffff;

/** `modifiers` as terminals send them: 1 + (shift 1, alt 2, ctrl 4). */
function withModifiers(name: string, modifiers: number): string {
  const bits = Math.max(modifiers - 1, 0);
  return `${bits & 4 ? 'ctrl+' : ''}${bits & 2 ? 'alt+' : ''}${bits & 1 ? 'shift+' : ''}${name}`;
}
