/** Draws the comparison with peers as SVG, for a light and for a dark page. Pure. */
import { conditions, type PeerFigures, type Spread, type SystemFigures } from './peer-figures.js';

const WIDTH = 640;
const NAME_WIDTH = 150;
const BAR_WIDTH = 380;
const ROW = 22;
const BAR = 12;
const TITLE = 34;
const FOOT = 30;
/** Longer bars are cut off: one of eight times the length would hide the differences between the others. */
const LONGEST = 3;

const STYLE = `text{font:12px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600}.f{font-size:10px;fill:#59636e}
.b{fill:#8c959f}.i{fill:#0969da}.s{stroke:#1f2328;stroke-width:1}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.f{fill:#9198a1}.b{fill:#656c76}.i{fill:#4493f8}.s{stroke:#f0f6fc}}`;

const PANELS: readonly { readonly title: string; readonly ratio: (system: SystemFigures) => Spread }[] = [
  { title: 'Server CPU per message, im = 1: shorter is better', ratio: ({ cpuRatio }) => cpuRatio },
  { title: 'Messages per second, im = 1: longer is better', ratio: ({ speedRatio }) => speedRatio },
];

export function peerChart(figures: PeerFigures): string {
  const panelHeight = TITLE + figures.systems.length * ROW;
  const height = PANELS.length * panelHeight + FOOT;
  const panels = PANELS.map(({ title, ratio }, index) => panel(title, figures.systems, ratio, index * panelHeight));
  const label = `im beside its peers. ${figures.systems.map(({ name, cpuRatio }) => `${name}: ${cpuRatio.median} of the CPU of im`).join('; ')}`;
  const foot = `${figures.date}${figures.isBusy ? ', busy machine: not for comparison' : ''}. Lines: least and greatest of ${figures.rounds} rounds. "Acked" means something else in each.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(label)}">`,
    `<!-- ${escaped(conditions(figures))} -->`,
    `<style>${STYLE}</style>`,
    ...panels,
    `<text class="f" x="0" y="${height - 10}">${escaped(foot)}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** The bars of one measure, from y down. */
function panel(
  title: string,
  systems: readonly SystemFigures[],
  ratio: (system: SystemFigures) => Spread,
  y: number,
): string {
  const longest = Math.min(Math.max(...systems.map((system) => ratio(system).most)), LONGEST);
  const x = (value: number): number => Math.round(NAME_WIDTH + (Math.min(value, longest) / longest) * BAR_WIDTH);
  const bars = systems.map((system, index) => {
    const { median, least, most } = ratio(system);
    const top = y + TITLE + index * ROW;
    const middle = top + BAR / 2;
    return [
      `<text x="0" y="${top + BAR - 1}">${escaped(system.name)}</text>`,
      `<rect class="${index === 0 ? 'i' : 'b'}" x="${NAME_WIDTH}" y="${top}" width="${Math.max(x(median) - NAME_WIDTH, 1)}" height="${BAR}"/>`,
      ...(x(most) > x(least) ? [`<path class="s" d="M${x(least)} ${middle}H${x(most)}"/>`] : []),
      `<text x="${x(most) + 8}" y="${top + BAR - 1}">${median}${median > longest ? ' (cut off)' : ''}</text>`,
    ].join('');
  });
  return [`<text class="t" x="0" y="${y + 20}">${escaped(title)}</text>`, ...bars].join('\n');
}

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('--', '- -');
