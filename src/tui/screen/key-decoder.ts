/**
 * Decodes terminal input into keys, text and pastes. Pure: chunks of text go in, inputs come out. Reports, replies and unknown
 * sequences from the terminal are dropped, however they are split into chunks.
 */
import { TUI } from '../limits.js';
import { altKey, characterKey, sequenceKey, ss3Key } from './key-names.js';

export type Input =
  /** Typed text, or text from an input method. */
  | { readonly type: 'text'; readonly text: string }
  /** `enter`, `alt+enter`, `ctrl+n`, `shift+tab`, `pageup` … */
  | { readonly type: 'key'; readonly key: string }
  | { readonly type: 'paste'; readonly text: string }
  /** The terminal window got or lost the focus. */
  | { readonly type: 'focus'; readonly hasFocus: boolean }
  /** The terminal's answer to BACKGROUND_QUERY. */
  | { readonly type: 'background'; readonly isLight: boolean };

/** Asks the terminal for its background color (OSC 11). */
export const BACKGROUND_QUERY = '\u001b]11;?\u001b\\';

/** The answer: red, green and blue, each with one to four hexadecimal digits. */
const BACKGROUND = /^\u001b\]11;rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})/i;

/** How bright the colors look; together 1. */
const BRIGHTNESS = [0.299, 0.587, 0.114];

const ESC = '\u001b';
/** Alt with a character that could also begin a sequence. */
const ALT_ONLY = /^\u001b[O[\]PX^_]$/;
const PASTE_BEGIN = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;
const MARKERS = [PASTE_BEGIN, PASTE_END];
const MARKER = /\u001b\[20[01]~/;

const CTRL_C = '\u0003';
/** A person presses Ctrl+C by itself; after a half UTF-8 sequence. */
const ONLY_CTRL_C = /^\ufffd?\u0003+$/;

/** The terminal window got the focus, or lost it. */
const FOCUS = /\u001b\[[IO]/g;

/** A complete control sequence: parameters, intermediates, final; also `ESC [ [ A` of the Linux console. */
const CSI = /^\u001b\[(\[[A-E]|[0-?]*[ -/]*[@-~])/;
const CSI_PREFIX = /^\u001b\[(\[?|[0-?]*[ -/]*)$/;
/** Neither of them: the sequence broke off, and something else follows. */
const CSI_BROKEN = /^\u001b\[[0-?]*[ -/]*/;

/** A mouse report of the oldest kind: button, column and row are one character each. */
const MOUSE = /^\u001b\[M[^\0-\x1f]{0,3}/u;
const MOUSE_PREFIX = /^\u001b\[M[^\0-\x1f]{0,2}$/u;

/** A control string: OSC, DCS, SOS, PM, APC. It ends with ST, BEL, CAN or SUB, or where a key or another sequence follows. */
const STRING = /^\u001b[\]PX^_][^\0-\x1f]*([\x07\x18\x1a]|\u001b\\|(?=\u001b[^\\]|[\0-\x1a\x1c-\x1f]))/;
const STRING_PREFIX = /^\u001b[\]PX^_][^\0-\x1f]*\u001b?$/;

/** Sequences that are not complete yet. */
const PREFIXES = [/^\u001bO?$/, CSI_PREFIX, MOUSE_PREFIX, STRING_PREFIX];

export class KeyDecoder {
  /** The start of an incomplete sequence, or a key that may be part of a paste. */
  #pending = '';
  /** The start of a paste marker that was given up: the rest of it may still come. */
  #givenUp = '';
  /** Pieces of an unfinished paste, and the length of all that was pasted. */
  #paste: string[] | undefined;
  #pasteLength = 0;
  /** A paste ended without its end marker: more of it may come. */
  #isLate = false;
  /** When the last input came. */
  #lastAt = Number.NEGATIVE_INFINITY;

  /** Call `flush` if no more input arrives for so many ms; undefined when that is not necessary. */
  get flushAfterMs(): number | undefined {
    if (this.#paste !== undefined) return TUI.pasteTimeoutMs;
    return this.#pending === '' ? undefined : TUI.sequenceTimeoutMs;
  }

  /** @param now ms on a clock that never goes backwards. */
  push(text: string, now: number): Input[] {
    const isAfterPause = now - this.#lastAt >= TUI.sequenceTimeoutMs;
    this.#lastAt = now;
    if (ONLY_CTRL_C.test(text) && (isAfterPause || this.#paste === undefined)) return this.#interrupt(text);
    const inputs: Input[] = [];
    let input = this.#joined(text);
    if (this.#isLate) input = this.#decodeLate(input, isAfterPause, inputs);
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

  /**
   * Ends what is incomplete: a lone ESC is the Esc key, `ESC O` is Alt+O, another sequence is dropped. A paste without an end
   * becomes an input as far as it came.
   */
  flush(): Input[] {
    const rest = this.#pending;
    this.#pending = '';
    if (MARKERS.some((marker) => marker.startsWith(rest))) this.#givenUp = rest;
    const inputs: Input[] = [];
    if (this.#paste !== undefined) {
      this.#endPaste(inputs);
      this.#isLate = true;
    } else if (rest === ESC) inputs.push({ type: 'key', key: 'escape' });
    else if (ALT_ONLY.test(rest)) inputs.push({ type: 'key', key: altKey(rest.slice(1)) });
    else if (!rest.startsWith(ESC) && rest !== '') {
      // A person pressed it: what was pasted before has come, and the terminal sends nothing more of it.
      this.#isLate = false;
      decodeText(rest, inputs);
    }
    return inputs;
  }

  /** Ctrl+C ends whatever is unfinished. @param pressed one or more Ctrl+C. */
  #interrupt(pressed: string): Input[] {
    const inputs: Input[] = [];
    if (this.#pending === ESC || this.#paste !== undefined) inputs.push(...this.flush());
    else if (!this.#pending.startsWith(ESC)) pasted(this.#pending, inputs);
    this.#pending = '';
    for (const character of pressed) decodeText(character, inputs);
    return inputs;
  }

  /** The text after what is pending, or after the start of a paste marker if the text continues it. */
  #joined(text: string): string {
    const [pending, givenUp] = [this.#pending, this.#givenUp];
    this.#pending = '';
    this.#givenUp = '';
    const whole = givenUp + text;
    // A single character is one that a person typed after Esc.
    const continues = (marker: string): boolean =>
      whole.startsWith(marker) || (text.length > 1 && marker.startsWith(whole));
    return givenUp !== '' && MARKERS.some(continues) ? whole : pending + text;
  }

  /** Decodes one sequence or run of text. Returns its length; 0 when more input is needed. */
  #decodeOne(input: string, inputs: Input[]): number {
    if (!input.startsWith(ESC)) return decodeText(input, inputs);
    if (input.startsWith(PASTE_BEGIN)) {
      this.#paste = [];
      this.#pasteLength = 0;
      return PASTE_BEGIN.length;
    }
    if (PREFIXES.some((prefix) => prefix.test(input))) return input.length > TUI.maxSequenceLength ? input.length : 0;
    const whole = MOUSE.exec(input) ?? CSI.exec(input) ?? STRING.exec(input);
    if (whole) inputs.push(...inputsOf(whole[0]));
    return (whole ?? CSI_BROKEN.exec(input))?.[0].length ?? decodeAlt(input, inputs);
  }

  #decodePaste(input: string, inputs: Input[]): number {
    const end = input.indexOf(PASTE_END);
    if (end === -1) return this.#appendPaste(input.slice(0, input.length - heldLength(input)));
    this.#appendPaste(input.slice(0, end));
    this.#endPaste(inputs);
    return end + PASTE_END.length;
  }

  #appendPaste(text: string): number {
    // The composer drops a paste that is too long; keep just enough for it to see that.
    if (this.#pasteLength <= TUI.maxComposerLength) this.#paste?.push(text);
    this.#pasteLength += text.length;
    return text.length;
  }

  #endPaste(inputs: Input[]): void {
    pasted((this.#paste ?? []).join(''), inputs);
    this.#paste = undefined;
    this.#isLate = false;
  }

  /**
   * Decodes what may be the rest of a paste that was given up: its new lines must not send anything, and its tabs must not
   * switch the conversation. Enter and Tab are keys only when they come alone, after and before a pause. Returns what is
   * certainly not of that paste.
   */
  #decodeLate(input: string, isAfterPause: boolean, inputs: Input[]): string {
    const marker = MARKER.exec(input);
    if (marker !== null) {
      this.#isLate = false;
      pasted(input.slice(0, marker.index), inputs);
      return input.slice(marker.index + (marker[0] === PASTE_END ? PASTE_END.length : 0));
    }
    if (!/[\t\r\n]/.test(input)) return input;
    if (isAfterPause && input.length === 1) this.#pending = input;
    else {
      const end = input.length - heldLength(input);
      pasted(input.slice(0, end), inputs);
      this.#pending = input.slice(end);
    }
    return '';
  }
}

/** The length of the start of a marker at the end of a piece of a paste. */
function heldLength(input: string): number {
  const held = input.slice(input.lastIndexOf(ESC));
  return held.startsWith(ESC) && MARKERS.some((marker) => marker.startsWith(held)) ? held.length : 0;
}

/** Pasted text, without what the terminal itself sent meanwhile: focus reports, and the start of a second paste. */
function pasted(text: string, inputs: Input[]): void {
  const own = text.replaceAll(PASTE_BEGIN, '').replace(FOCUS, '');
  if (own !== '') inputs.push({ type: 'paste', text: own });
  const focus = text.match(FOCUS)?.at(-1);
  if (focus !== undefined) inputs.push(...inputsOf(focus));
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
    const key = ss3Key(ss3[2] as string, Number(ss3[1]));
    if (key !== undefined) inputs.push({ type: 'key', key });
    return ss3[0].length;
  }
  const character = /^\u001b(.)/su.exec(input)?.[1] ?? ESC;
  if (character === ESC || character === CTRL_C) {
    inputs.push({ type: 'key', key: 'escape' });
    return 1;
  }
  inputs.push({ type: 'key', key: altKey(character) });
  return 1 + character.length;
}

function inputsOf(sequence: string): Input[] {
  if (sequence === `${ESC}[I`) return [{ type: 'focus', hasFocus: true }];
  if (sequence === `${ESC}[O`) return [{ type: 'focus', hasFocus: false }];
  const color = BACKGROUND.exec(sequence)?.slice(1);
  if (color) return [{ type: 'background', isLight: brightnessOf(color) > 0.5 }];
  const key = sequenceKey(sequence);
  return key === undefined ? [] : [{ type: 'key', key }];
}

/** From 0 to 1. */
const brightnessOf = (color: readonly string[]): number =>
  BRIGHTNESS.reduce((sum, weight, index) => sum + weight * fraction(color[index] as string), 0);

const fraction = (digits: string): number => Number.parseInt(digits, 16) / (16 ** digits.length - 1);
