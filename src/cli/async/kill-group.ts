/** Signals for a process group: a shell and everything that it has started. */

/** Sends the signal. A group that has ended, or was never started, is no error. @param leader the process id of its leader. */
export function killGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return; // It could not be started.
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // All of them have ended already.
  }
}
