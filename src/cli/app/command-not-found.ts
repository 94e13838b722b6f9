/** oclif's hook for an unknown command: fails with a suggestion, without asking. */
import type { Hook } from '@oclif/core/hooks';
import { unknownCommand } from './usage-errors.js';

const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  throw unknownCommand(id, config.commandIDs);
};

export default commandNotFound;
