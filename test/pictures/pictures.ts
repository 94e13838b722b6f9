/**
 * Draws the pictures in docs/: the real screen, painted into a terminal emulator and converted to SVG. `npm run pictures` writes
 * them (with an argument: into that folder); test/pictures/pictures.test.ts checks that they are up to date.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FrameRenderer } from '../../src/tui/components/frame-renderer.js';
import { paint } from '../../src/tui/render/painter.js';
import { UNICODE } from '../../src/tui/rows/symbols.js';
import { THEMES, type ThemeName } from '../../src/tui/rows/theme.js';
import type { Screen } from '../../src/tui/screen/screen.js';
import { toViewModel } from '../../src/tui/view-model/view-model.js';
import { Emulator } from '../tui/emulator.js';
import { NOW, textWidth } from '../tui/fixture.js';
import { CHINESE, chatting, helping, mistyping } from './scenes.js';
import { DARK, drawPicture, LIGHT } from './terminal-picture.js';

interface Picture {
  readonly screen: () => Screen;
  readonly theme: ThemeName;
}

/** By file name in docs/. */
export const PICTURES: Readonly<Record<string, Picture>> = {
  'screen.svg': { screen: () => chatting(100, 30), theme: 'dark' },
  'screen-zh.svg': { screen: () => chatting(100, 30, CHINESE), theme: 'dark' },
  'screen-light.svg': { screen: () => chatting(100, 30), theme: 'light' },
  'screen-help.svg': { screen: () => helping(100, 30), theme: 'dark' },
  'screen-narrow.svg': { screen: () => mistyping(48, 14), theme: 'dark' },
};

export async function draw({ screen, theme }: Picture): Promise<string> {
  const drawn = screen();
  const frame = new FrameRenderer({
    textWidth,
    symbols: UNICODE,
    texts: drawn.options.texts,
    theme: THEMES[theme],
  }).render(toViewModel(drawn, NOW), drawn.size);
  const emulator = new Emulator(drawn.size);
  await emulator.write(paint(undefined, frame));
  return drawPicture(
    emulator.terminal,
    theme === 'dark' ? DARK : LIGHT,
    'im connect alice',
    frame.cursor !== undefined,
  );
}

export const pathOf = (name: string): string => join(import.meta.dirname, '../../../docs', name);

if (process.argv[1] === import.meta.filename) {
  const [, , folder] = process.argv;
  for (const [name, picture] of Object.entries(PICTURES)) {
    writeFileSync(folder === undefined ? pathOf(name) : join(folder, name), await draw(picture));
  }
}
