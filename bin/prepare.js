#!/usr/bin/env node
// `npm run prepare`: builds after `npm ci`, and in the clone that npm makes of a git URL.
//
// With --global npm goes wrong there (npm/cli#6984): the `npm install` in the clone is global, too. So it installs no
// dependencies, and puts a link to the clone, which is removed at the end, where the package belongs. Here we install them, and
// remove the link before npm unpacks the package.
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePacked } from './pack-manifest.js';

const root = join(import.meta.dirname, '..');
const { env } = process;
const isClone = /[\\/]_cacache[\\/]tmp[\\/]git-clone/.test(root);

if (isClone && !existsSync(join(root, 'node_modules/rolldown'))) npm('ci', '--global=false', '--ignore-scripts');
if (!isClone || !existsSync(join(root, 'dist'))) npm('run', 'build', '--global=false');

// The first run in a clone is that of its `npm install`, the second is that before npm packs it.
if (isClone && env._PACOTE_NO_PREPARE_ === undefined) {
  writePacked(root);
  if (env.npm_config_global === 'true') unlink();
}

function npm(...args) {
  const { npm_execpath: file, npm_config_global: _, ...rest } = env;
  const { status } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit', env: rest });
  if (status !== 0) process.exit(status ?? 1);
}

/** Replaces npm's link to this clone by an empty folder, as npm made one before. */
function unlink() {
  const { npm_config_global_prefix: prefix = env.npm_config_prefix } = env;
  const link = join(prefix, process.platform === 'win32' ? 'node_modules' : 'lib/node_modules', env.npm_package_name);
  if (!lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  rmSync(link);
  mkdirSync(link);
}
