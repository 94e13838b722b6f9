/** oclif's hook for a command that does not exist: names the one that may have been meant. Never asks. */
import type { Hook } from '@oclif/core/hooks';
import { unknownCommand } from './usage-errors.js';

const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  throw unknownCommand(id, config.commandIDs);
};

export default commandNotFound;
