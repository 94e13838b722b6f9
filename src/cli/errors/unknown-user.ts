/** A user whom a command names, and who has neither an account nor a mailbox. */
import { Failure } from './failure.js';

export const unknownUser = (user: string, cause?: unknown): Failure =>
  new Failure('refused', `there is no user ${user}`, {
    next: `im user list shows all users; to add this one: im user add ${user}`,
    cause,
  });
