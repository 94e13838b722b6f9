/** What to do on a machine where no server of `im` has been started yet. */
export const NEXT_STEP = 'start one: im serve; or see first how it works: im demo';
