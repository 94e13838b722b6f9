/** The id index, compared with a Map. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IdIndex } from '../../src/file-store/id-index.js';

interface Name {
  readonly from: string;
  readonly id: string;
}

/** A Map by seq. */
class Model {
  readonly names = new Map<number, Name>();
  first: number;
  next: number;

  constructor(first: number) {
    this.first = first;
    this.next = first;
  }

  hasId(seq: number, from: string, id: string): boolean {
    const name = this.names.get(seq);
    return name?.from === from && name.id === id;
  }

  seqOf(from: string, id: string): number | undefined {
    return [...this.names].find(([, name]) => name.from === from && name.id === id)?.[0];
  }
}

const name = fc.record({
  from: fc.constantFrom('a', 'b', 'ab', 'constructor'),
  id: fc.constantFrom('', '1', '2', 'b', 'b1', '好'),
});
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('push' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bulk' as const), name, count: fc.nat(40) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('shift' as const), name }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('pop' as const), name }) },
);

test('an id of a sender is found as long as it is known, whatever its seq (R8)', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(1, 15, 2 ** 31 - 3, 2 ** 40),
      fc.array(operation, { maxLength: 120 }),
      (first, operations) => {
        const model = new Model(first);
        const known = new IdIndex(first, model);
        const push = ({ from, id }: Name): void => {
          if (model.seqOf(from, id) !== undefined) return;
          model.names.set(model.next++, { from, id });
          known.push(from, id);
        };
        for (const [index, one] of operations.entries()) {
          if (one.do === 'push') push(one.name);
          if (one.do === 'bulk')
            for (let n = 0; n < one.count; n++) push({ ...one.name, id: `${one.name.id}-${index}-${n}` });
          if (one.do === 'shift' && known.length > 0) {
            known.shift();
            model.names.delete(model.first++);
          }
          if (one.do === 'pop' && known.length > 0) {
            known.pop();
            model.names.delete(--model.next);
          }
          assert.equal(known.length, model.names.size);
          assert.equal(known.seqOf(one.name.from, one.name.id), model.seqOf(one.name.from, one.name.id));
        }
        for (const [seq, { from, id }] of model.names) assert.equal(known.seqOf(from, id), seq);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('with 100,000 ids, added and removed, each known one is found, and few are compared', () => {
  const nameOf = (seq: number): Name => ({ from: `user${seq % 7}`, id: `0198abcd-1234-7abc-8def-${seq}` });
  const hasId = (seq: number, from: string, id: string): boolean => nameOf(seq).from === from && nameOf(seq).id === id;
  const known = new IdIndex(1, { hasId });
  let comparisons = 0;
  const counted = new IdIndex(1, {
    hasId(seq, from, id) {
      comparisons++;
      return hasId(seq, from, id);
    },
  });
  for (let seq = 1; seq <= 300_000; seq++) {
    const { from, id } = nameOf(seq);
    for (const ids of [known, counted]) ids.push(from, id);
    if (seq > 100_000) for (const ids of [known, counted]) ids.shift();
  }
  for (let seq = 190_000; seq <= 300_000; seq += 7) {
    const { from, id } = nameOf(seq);
    assert.equal(known.seqOf(from, id), seq > 200_000 ? seq : undefined);
    assert.equal(counted.seqOf(id, from), undefined);
  }
  assert.ok(comparisons < 10, `${comparisons} ids were compared in vain`);
});
