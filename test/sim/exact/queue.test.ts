import fc from "fast-check";
import { expect, test } from "vitest";
import { EventHeap } from "../../../src/sim/exact/queue.ts";

/** Few values, so that many are equal. */
const event = fc.tuple(
  fc.integer({ min: 0, max: 20 }),
  fc.integer({ min: 0, max: 5 }),
  fc.integer({ min: 0, max: 99 }),
);
/** Events to put in, and `null` to take one out. */
const actions = fc.array(fc.oneof({ weight: 3, arbitrary: event }, { weight: 1, arbitrary: fc.constant(null) }), {
  maxLength: 300,
});

test("takes out what is first in time, then in order, whatever was put in when; and all that came with it", () => {
  fc.assert(
    fc.property(actions, (all) => {
      const heap = new EventHeap();
      const left: (readonly [number, number, number])[] = [];
      const before = (a: readonly number[], b: readonly number[]): number => a[0]! - b[0]! || a[1]! - b[1]!;
      const take = (): void => {
        left.sort(before);
        expect(heap.nextTime).toBe(left[0]![0]);
        expect(heap.nextOrder).toBe(left[0]![1]);
        heap.pop();
        expect([heap.time, heap.order]).toEqual(left[0]!.slice(0, 2));
        const k = left.findIndex((e) => before(e, left[0]!) === 0 && e[2] === heap.place && heap.base === 2 * e[2]);
        expect(k).toBeGreaterThanOrEqual(0);
        left.splice(k, 1);
      };
      for (const action of all)
        if (action) {
          heap.push(action[0], action[1], 2 * action[2], action[2]);
          left.push(action);
        } else if (left.length > 0) take();
      while (left.length > 0) take();
      expect(heap.length).toBe(0);
      expect(heap.nextTime).toBe(Number.POSITIVE_INFINITY);
      expect(heap.popped).toBe(heap.pushed);
    }),
  );
});
