/** Loaded into a program before it starts: ends it when its stdin ends, as it does when the process dies that started it. */
process.stdin.on('end', () => process.exit(1)).resume();
(process.stdin as unknown as { unref?(): void }).unref?.();
