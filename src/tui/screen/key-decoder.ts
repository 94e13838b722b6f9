/**
 * Decodes terminal input into keys, text and pastes. Pure: chunks of text go in, inputs come out. Reports, replies and unknown
 * sequences from the terminal are dropped, however they are split into chunks.
 */
import { TUI } from '../limits.js';

export type Input =
  /** Typed text, or text from an input method. */
  | { readonly type: 'text'; readonly text: string }
  /** `enter`, `alt+enter`, `ctrl+n`, `shift+tab`, `pageup` … */
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'paste'; readonly text: string }
  /** The terminal window got or lost the focus. */
  | { readonly type: 'focus'; readonly hasFocus: boolean };

const ESC = '\u001b';
const SS3 = `${ESC}O`;
const PASTE_BEGIN = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;

/** A complete control sequence: parameters, intermediates, final; also `ESC [ [ A` of the Linux console. */
const CSI = /^\u001b\[(\[[A-E]|[0-?]*[ -/]*[@-~])/;
const CSI_PREFIX = /^\u001b\[(\[?|[0-?]*[ -/]*)$/;

/** A control string: OSC, DCS, SOS, PM, APC. It ends with ST, BEL, CAN or SUB, or where another sequence starts. */
const STRING = /^\u001b[\]PX^_][^\u0007\u001b\u0018\u001a]*(\u0007|\u001b\\|\u0018|\u001a|(?=\u001b[^\\]))/;
const STRING_PREFIX = /^\u001b[\]PX^_][^\u0007\u001b\u0018\u001a]*\u001b?$/;

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
};

/** Control characters that have names of their own. */
const CONTROL_KEYS: Readonly<Record<string, string>> = {
  '\r': 'enter',
  '\n': 'ctrl+j',
  '\t': 'tab',
  '\b': 'ctrl+h',
  '\u007f': 'backspace',
  '\0': 'ctrl+space',
  [ESC]: 'escape',
};

export class KeyDecoder {
  /** The start of an incomplete sequence. */
  #pending = '';
  /** Pieces of an unfinished paste, and the length of all that was pasted. */
  #paste: string[] | undefined;
  #pasteLength = 0;

  /** Whether a sequence is incomplete: call `flush` if no more input arrives. Never true in a paste. */
  get hasPending(): boolean {
    return this.#pending !== '' && this.#paste === undefined;
  }

  push(text: string): Input[] {
    const inputs: Input[] = [];
    let input = this.#pending + text;
    this.#pending = '';
    while (input !== '') {
      const consumed = this.#paste === undefined ? this.#decodeOne(input, inputs) : this.#decodePaste(input, inputs);
      if (consumed === 0) {
        this.#pending = input;
        break;
      }
      input = input.slice(consumed);
    }
    return inputs;
  }

  /** Ends an incomplete sequence: a lone ESC is the Esc key, `ESC O` is Alt+O, anything else is dropped. */
  flush(): Input[] {
    const rest = this.#pending;
    this.#pending = '';
    if (rest === ESC) return [{ type: 'key', key: 'escape' }];
    return rest === SS3 ? [{ type: 'key', key: 'alt+O' }] : [];
  }

  /** Decodes one sequence or run of text. Returns its length; 0 when more input is needed. */
  #decodeOne(input: string, inputs: Input[]): number {
    if (!input.startsWith(ESC)) return decodeText(input, inputs);
    if (input.startsWith(PASTE_BEGIN)) {
      this.#paste = [];
      this.#pasteLength = 0;
      return PASTE_BEGIN.length;
    }
    const whole = CSI.exec(input) ?? STRING.exec(input);
    if (whole) {
      inputs.push(...inputsOf(whole[0]));
      return whole[0].length;
    }
    const isIncomplete = input === ESC || input === SS3 || CSI_PREFIX.test(input) || STRING_PREFIX.test(input);
    if (isIncomplete) return input.length > TUI.maxSequenceLength ? input.length : 0;
    return decodeAlt(input, inputs);
  }

  #decodePaste(input: string, inputs: Input[]): number {
    const end = input.indexOf(PASTE_END);
    if (end === -1) {
      // The chunk may end within the end marker.
      const held = input.lastIndexOf(ESC);
      const isEndMarker = held !== -1 && PASTE_END.startsWith(input.slice(held));
      return this.#appendPaste(isEndMarker ? input.slice(0, held) : input);
    }
    this.#appendPaste(input.slice(0, end));
    inputs.push({ type: 'paste', text: (this.#paste ?? []).join('') });
    this.#paste = undefined;
    return end + PASTE_END.length;
  }

  #appendPaste(text: string): number {
    // The composer drops a paste that is too long; keep just enough for it to see that.
    if (this.#pasteLength <= TUI.maxComposerLength) this.#paste?.push(text);
    this.#pasteLength += text.length;
    return text.length;
  }
}

/** Text up to the next control character, or one control character. */
function decodeText(input: string, inputs: Input[]): number {
  const text = /^[^\0-\x1f\x7f]+/.exec(input)?.[0];
  if (text !== undefined) {
    inputs.push({ type: 'text', text });
    return text.length;
  }
  inputs.push({ type: 'key', key: characterKey(input[0] as string) });
  return 1;
}

/** `ESC x` is Alt with a key, `ESC O x` a function key. */
function decodeAlt(input: string, inputs: Input[]): number {
  const ss3 = /^\u001bO([0-9;]*)([A-Za-z])/.exec(input);
  if (ss3) {
    const name = ss3[2] === 'M' ? 'enter' : KEY_BY_FINAL[ss3[2] as string];
    if (name !== undefined) inputs.push({ type: 'key', key: withModifiers(name, Number(ss3[1])) });
    return ss3[0].length;
  }
  const character = /^\u001b(.)/su.exec(input)?.[1] ?? ESC;
  if (character === ESC) {
    inputs.push({ type: 'key', key: 'escape' });
    return 1;
  }
  inputs.push({ type: 'key', key: `alt+${characterKey(character)}` });
  return 1 + character.length;
}

function characterKey(character: string): string {
  const named = CONTROL_KEYS[character];
  if (named !== undefined) return named;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 ? `ctrl+${String.fromCharCode(code + 0x40).toLowerCase()}` : character;
}

function inputsOf(sequence: string): Input[] {
  if (sequence === `${ESC}[I`) return [{ type: 'focus', hasFocus: true }];
  if (sequence === `${ESC}[O`) return [{ type: 'focus', hasFocus: false }];
  const key = sequenceKey(sequence);
  return key === undefined ? [] : [{ type: 'key', key }];
}

/** The key of a control sequence; undefined for reports and unknown sequences. */
function sequenceKey(sequence: string): string | undefined {
  const console = /^\u001b\[\[([A-E])$/.exec(sequence)?.[1];
  if (console !== undefined) return `f${console.charCodeAt(0) - 64}`;
  const parts = /^\u001b\[(\d*)(?:;(\d*)(?::\d+)?)?([A-Za-z~])$/.exec(sequence);
  if (parts === null) return undefined;
  const [, first = '', modifiers = '', final = ''] = parts;
  const name = final === 'Z' ? 'shift+tab' : keyName(first, final);
  return name && withModifiers(name, Number(modifiers));
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
  return `${bits & 4 ? 'ctrl+' : ''}${bits & 2 ? 'alt+' : ''}${bits & 1 ? 'shift+' : ''}${name}`;
}
