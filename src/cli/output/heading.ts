/** How commands make a line stand out. Own text only, and only where colours are wanted: `settleColours` has decided that before. */
import chalk from 'chalk';
import type { SafeText } from '../../text/safe-text.js';

/** The headings of a table. */
export const heading = (text: SafeText): SafeText => chalk.bold(text) as SafeText;
