import assert from 'node:assert/strict';
import { test } from 'node:test';
import { im, makeHome, start } from '../harness/process.js';

test('in a new home the script of im autocomplete completes commands and flags in bash', async (t) => {
  const env = await makeHome(t);
  const made = await im(t, ['autocomplete', 'bash'], { env });
  assert.equal(made.code, 0, made.stderr);
  const { stdout: line } = await im(t, ['autocomplete', 'script', 'bash'], { env });
  const script = `set -e
${line}
complete -p im
completed() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _im_autocomplete; echo "\${COMPREPLY[*]}"; }
completed im se
completed im user a
completed im listen --fo`;
  const { stdout, stderr } = await start(t, ['-c', script], { program: 'bash', env, input: '' }).finished;
  assert.equal(stdout, 'complete -F _im_autocomplete im\nsend serve\nadd\n--format\n', stderr);
});

for (const shell of ['zsh', 'powershell']) {
  test(`im autocomplete generates a script for ${shell}`, async (t) => {
    const { code, stdout } = await im(t, ['autocomplete', 'script', shell], { env: await makeHome(t) });
    assert.equal(code, 0);
    assert.match(stdout, /autocomplete/);
  });
}
