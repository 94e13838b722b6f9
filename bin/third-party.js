// The packages in the bundle: checks that they are those of package-lock.json, and lists their licences in dist/THIRD-PARTY.txt.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Licences that allow what we do, when their text is shipped. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'];

/** The folder of the package that a module belongs to; some ids begin with NUL. */
const FOLDER = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/;

/** Its templates are in docs/completion. */
const TEMPLATES = 'node_modules/@oclif/plugin-autocomplete';

/** A plugin's `generateBundle`. @throws Error for a package whose version or licence is not the expected one. */
export const thirdParty = (root) =>
  function emitLicences(_options, output) {
    const modules = Object.values(output).flatMap((chunk) => Object.keys(chunk.modules ?? {}));
    const bundled = modules.flatMap((id) => FOLDER.exec(id)?.[1] ?? []);
    const folders = new Set([...bundled, join(root, TEMPLATES)]);
    const entries = new Set([...folders].map((folder) => entryOf(root, folder)).sort());
    const source = ['Packages whose code is part of this one, and their licences.', ...entries].join(RULE);
    this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY.txt', source });
  };

const RULE = `\n\n${'-'.repeat(80)}\n\n`;

/** Name, version, licence and its text. @param locked the entry of package-lock.json. */
function entryOf(root, folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const locked = packages[relative(root, folder).replaceAll('\\', '/')]?.version;
  if (version !== locked) throw new Error(`${name} is ${version}, but ${locked} in package-lock.json: run npm ci`);
  if (!ALLOWED.includes(license)) throw new Error(`${name} has the licence ${license}: see bin/third-party.js`);
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)(\.|-|$)/i.test(file));
  const text = texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  return `${name} ${version}: ${license}\n\n${text || mitOf(root, license, author?.name ?? author)}`;
}

/** For a package that has forgotten the text: it is the same for all, but for the author. */
function mitOf(root, license, author) {
  if (license !== 'MIT' || !author) throw new Error(`no text for ${license} by ${author}: see bin/third-party.js`);
  return readFileSync(join(root, 'LICENSE'), 'utf8')
    .replace(/^Copyright .*$/m, `Copyright (c) ${author}`)
    .trim();
}
