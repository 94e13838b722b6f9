/** Plays a scene: line by line, strictly. A failing line is shown with the story so far. */
import type { Kind, Sentence } from './language.js';

/** What a line asks for. */
export interface Deed<W> {
  readonly kind: Kind;
  readonly run: (world: W) => void | Promise<void>;
}

export interface Line<W> extends Deed<W> {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
}

export interface Scene<W> {
  readonly file: string;
  /** The comment at its top, as one line: what it shows, with the rule. */
  readonly title: string;
  readonly lines: readonly Line<W>[];
}

export class SceneError extends Error {
  override readonly name = 'SceneError';
}

/** @throws SceneError when it is no sentence, or more than one. */
export function understand<W>(text: string, sentences: readonly Sentence<W>[]): Deed<W> {
  const [found, another] = sentences.flatMap(({ kind, pattern, match }) => {
    const run = match(text);
    return run === undefined ? [] : [{ kind, pattern, run }];
  });
  if (found === undefined) throw new SceneError(`no sentence reads “${text}”`);
  if (another) throw new SceneError(`“${text}” is ${found.pattern} and ${another.pattern}`);
  return found;
}

/** @throws SceneError naming file and line, when a line is not understood, or the scene expects nothing. */
export function parseScene<W>(file: string, source: string, sentences: readonly Sentence<W>[]): Scene<W> {
  const texts = source.split('\n').map((text) => text.trim());
  const end = texts.findIndex((text) => !text.startsWith('#'));
  const title = texts.slice(0, end).map((text) => text.replace(/^#\s*/, ''));
  if (title.length === 0) throw new SceneError(`${file}:1: a scene begins with a comment that says what it shows`);

  const lines = texts.flatMap((text, index): Line<W>[] => {
    if (text === '' || text.startsWith('#')) return [];
    const number = index + 1;
    try {
      return [{ number, text, ...understand(text, sentences) }];
    } catch (error) {
      throw new SceneError(`${file}:${number}: ${messageOf(error)}`, { cause: error });
    }
  });
  if (!lines.some(({ kind }) => kind === 'expects')) {
    throw new SceneError(`${file}: a scene that expects nothing proves nothing`);
  }
  return { file, title: title.join(' '), lines };
}

/** @throws SceneError with the story so far, caused by what went wrong. */
export async function playScene<W>({ file, lines }: Scene<W>, world: W): Promise<void> {
  for (const [index, { number, text, run }] of lines.entries()) {
    try {
      await run(world);
    } catch (cause) {
      const before = lines.slice(0, index).map((line) => `    ${line.text}`);
      const story = [`${file}:${number}`, ...before, `  ✗ ${text}`, messageOf(cause)];
      throw new SceneError(story.join('\n'), { cause });
    }
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
