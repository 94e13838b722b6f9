/** Parses and plays scenes. A failing line is shown together with the lines before it. */
import type { Kind, Step } from './language.js';

/** A step bound to the values in its line. */
export interface BoundStep<W> {
  readonly kind: Kind;
  readonly run: (world: W) => void | Promise<void>;
}

export interface Line<W> extends BoundStep<W> {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
}

export interface Scene<W> {
  readonly file: string;
  /** The comment at the top, as one line: what the scene shows, with the rule. */
  readonly title: string;
  readonly lines: readonly Line<W>[];
}

export class SceneError extends Error {
  override readonly name = 'SceneError';
}

/** The step that a line is. @throws SceneError when no step matches, or more than one. */
export function bindStep<W>(text: string, steps: readonly Step<W>[]): BoundStep<W> {
  const [found, another] = steps.flatMap(({ kind, pattern, match }) => {
    const run = match(text);
    return run === undefined ? [] : [{ kind, pattern, run }];
  });
  if (found === undefined) throw new SceneError(`no step matches “${text}”`);
  if (another) throw new SceneError(`“${text}” matches ${found.pattern} and ${another.pattern}`);
  return found;
}

/** @throws SceneError with file and line when a line is no step, or the scene has no title or no expectation. */
export function parseScene<W>(file: string, source: string, steps: readonly Step<W>[]): Scene<W> {
  const texts = source.split('\n').map((text) => text.trim());
  const end = texts.findIndex((text) => !text.startsWith('#'));
  const title = texts.slice(0, end).map((text) => text.replace(/^#\s*/, ''));
  if (title.length === 0) throw new SceneError(`${file}:1: a scene begins with a comment: its title`);

  const lines = texts.flatMap((text, index): Line<W>[] => {
    if (text === '' || text.startsWith('#')) return [];
    const number = index + 1;
    try {
      return [{ number, text, ...bindStep(text, steps) }];
    } catch (error) {
      throw new SceneError(`${file}:${number}: ${messageOf(error)}`, { cause: error });
    }
  });
  if (!lines.some(({ kind }) => kind === 'expect')) throw new SceneError(`${file}: the scene expects nothing`);
  return { file, title: title.join(' '), lines };
}

/** @throws SceneError with the lines so far; its cause is the error of the line that failed. */
export async function playScene<W>({ file, lines }: Scene<W>, world: W): Promise<void> {
  for (const [index, { number, text, run }] of lines.entries()) {
    try {
      await run(world);
    } catch (cause) {
      const before = lines.slice(0, index).map((line) => `    ${line.text}`);
      const report = [`${file}:${number}`, ...before, `  ✗ ${text}`, messageOf(cause)];
      throw new SceneError(report.join('\n'), { cause });
    }
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
