#!/usr/bin/env node
import { cacheCompiledCode } from '../dist/src/cli/app/compile-cache.js';

cacheCompiledCode(process.env);
// Imported late: what is loaded before is not in the cache.
const { main } = await import('../dist/src/cli/app/main.js');
await main(import.meta.url);
