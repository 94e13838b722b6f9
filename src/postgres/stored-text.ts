/** Text from clients, as PostgreSQL can store it. Pure. */

/** Epochs, outboxes, runs and names of clients may have a NUL, which no text in PostgreSQL has. */
export const storedText = (text: string): string => text.replaceAll('\0', '\ufffd');
