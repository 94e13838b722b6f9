#!/usr/bin/env node
import { main } from '../dist/src/cli/app/main.js';

await main(import.meta.url);
