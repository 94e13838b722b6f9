import assert from 'node:assert/strict';
import { test } from 'node:test';
import { im, makeHome, start } from '../harness/process.js';

test('in a new home the script of im completion completes commands and flags in bash', async (t) => {
  const env = await makeHome(t);
  const { code, stdout: script, stderr } = await im(t, ['completion', 'bash'], { env });
  assert.equal(code, 0, stderr);
  const asked = `set -e
${script}
complete -p im
completed() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _im_autocomplete; echo "\${COMPREPLY[*]}"; }
completed im se
completed im user a
completed im listen --fo`;
  const bash = await start(t, ['-c', asked], { program: 'bash', env, input: '' }).finished;
  assert.equal(bash.stdout, 'complete -F _im_autocomplete im\nsend serve\nadd allow\n--format\n', bash.stderr);
});

const BEGINNINGS: Readonly<Record<string, RegExp>> = {
  bash: /^#!\/usr\/bin\/env bash\n/,
  fish: /^# Completion of im for fish\. /,
  powershell: /^using namespace System.Management.Automation\n/,
  zsh: /^#compdef im\n/,
};

for (const [shell, beginning] of Object.entries(BEGINNINGS)) {
  test(`im completion prints the script for ${shell}, which knows every command, flag and no place of this machine`, async (t) => {
    const env = await makeHome(t);
    const { code, stdout } = await im(t, ['completion', shell], { env });
    assert.equal(code, 0);
    assert.match(stdout, beginning);
    for (const word of ['serve', 'inspect-queue', 'rotate', 'token-file']) assert.ok(stdout.includes(word), word);
    assert.ok(!stdout.includes(process.cwd()) && !stdout.includes(env.HOME as string));
  });
}

test('im completion names the shells that it knows', async (t) => {
  const { code, stderr } = await im(t, ['completion', 'tcsh'], { env: await makeHome(t) });
  assert.equal(code, 2);
  for (const shell of Object.keys(BEGINNINGS)) assert.ok(stderr.includes(shell), stderr);
});
