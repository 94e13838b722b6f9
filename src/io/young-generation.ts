/**
 * Bounds the young generation of V8's heap, where every object begins. V8 lets it grow to 32 MiB (Node 20) or 128 MiB (Node 24), which
 * a server that keeps what it receives gains nothing from. Its maximum is taken from the command line only; but the factor by which it
 * grows is read whenever it grows, so that 1 stops it.
 */
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { HEAP } from './limits.js';

/** As V8 has it. */
const GROWTH_FACTOR = 2;

/** Its size now, in bytes. */
export const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0;

/**
 * From now on the young generation of this process grows to HEAP.youngBytes, or to twice that if it grows twice within one turn of the
 * event loop. When V8 has made it smaller, because nothing happens, it may grow again. Returns a function that ends this.
 */
export function boundYoungGeneration(): () => void {
  let mayGrow = true;
  const change = (value: boolean): void => {
    if (value !== mayGrow) setFlagsFromString(`--semi-space-growth-factor=${value ? GROWTH_FACTOR : 1}`);
    mayGrow = value;
  };
  const observer = new PerformanceObserver(() => change(youngBytes() < HEAP.youngBytes));
  observer.observe({ entryTypes: ['gc'] });
  return () => {
    observer.disconnect();
    change(true);
  };
}
