/** Command lines as a person types them into a shell. Pure. */

/** The word, in single quotes if a shell would otherwise change it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** `im send bob 'hello bob'` */
export const commandLine = (words: readonly string[]): string => ['im', ...words.map(quoted)].join(' ');
