/** The style of table headings. A file of its own: chalk may load only after `applyColorChoice` has decided about colours. */
import chalk from 'chalk';
import type { SafeText } from '../../text/safe-text.js';

export const heading = (text: SafeText): SafeText => chalk.bold(text) as SafeText;
