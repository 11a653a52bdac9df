import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { augment, augmentStore } from "../../../src/data/augment/augment.ts";
import { type Augmentation, drop, flip, jitter, shift } from "../../../src/data/augment/augmentation.ts";
import type { EventRecording } from "../../../src/data/events/recording.ts";
import { recordingStore } from "../../../src/data/events/store.ts";

const [WIDTH, HEIGHT] = [12, 8];
const recordingOf = (events: readonly (readonly [t: number, x: number, y: number, p: number])[]): EventRecording => ({
  ...{ width: WIDTH, height: HEIGHT, count: events.length },
  t: Float64Array.from(events, ([t]) => t),
  x: Uint16Array.from(events, ([, x]) => x),
  y: Uint16Array.from(events, ([, , y]) => y),
  polarity: Uint8Array.from(events, ([, , , p]) => p),
});
const rows = (r: EventRecording): number[][] => Array.from(r.t, (t, k) => [t, r.x[k]!, r.y[k]!, r.polarity[k]!]);
const events = fc
  .array(
    fc.tuple(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 0, max: WIDTH - 1 }),
      fc.integer({ min: 0, max: HEIGHT - 1 }),
      fc.integer({ min: 0, max: 1 }),
    ),
    { maxLength: 50 },
  )
  .map((list) => recordingOf(list.sort((a, b) => a[0] - b[0])));
const options = fc.record({ seed: fc.nat(), epoch: fc.nat(9), number: fc.nat(99) });

/** Every pixel once. */
const GRID = recordingOf(
  Array.from({ length: WIDTH * HEIGHT }, (_, k) => [k, k % WIDTH, Math.floor(k / WIDTH), k % 2] as const),
);

describe("augmentation", () => {
  test("a shift moves all events alike, by up to so many pixels, and leaves out what leaves the frame", () => {
    const seen = new Set<string>();
    for (let number = 0; number < 400; number++) {
      const out = augment(GRID, [shift(2)], { seed: 1, number });
      const k = out.t[0]!; // the time says which event it was
      const [dx, dy] = [out.x[0]! - GRID.x[k]!, out.y[0]! - GRID.y[k]!];
      seen.add(`${dx},${dy}`);
      expect(out.count).toBe((WIDTH - Math.abs(dx)) * (HEIGHT - Math.abs(dy)));
      out.t.forEach((time, e) => {
        expect([out.x[e]! - GRID.x[time]!, out.y[e]! - GRID.y[time]!]).toEqual([dx, dy]);
      });
    }
    expect(seen.size).toBe(25); // a given pair is missing with probability (24/25)^400 < 1e-7
  });
  test("a flip that is certain, twice, changes nothing; its axes do what they say", () => {
    fc.assert(
      fc.property(events, fc.constantFrom("horizontal", "vertical", "polarity" as const), options, (r, axis, o) => {
        const flipped = augment(r, [flip(axis, 1)], o);
        const expected = rows(r).map(
          ([t, x, y, p]) =>
            ({
              horizontal: [t, WIDTH - 1 - x!, y, p],
              vertical: [t, x, HEIGHT - 1 - y!, p],
              polarity: [t, x, y, 1 - p!],
            })[axis],
        );
        expect(rows(flipped)).toEqual(expected);
        expect(rows(augment(flipped, [flip(axis, 1)], o))).toEqual(rows(r));
        expect(augment(r, [flip(axis, 0)], o)).toEqual(r);
      }),
    );
  });
  test("what is dropped is as many as the share says", () => {
    const runs = 200;
    let stayed = 0;
    for (let number = 0; number < runs; number++)
      stayed += augment(GRID, [drop("events", 0.3)], { seed: 2, number }).count;
    const n = runs * GRID.count;
    expect(Math.abs(stayed - 0.7 * n)).toBeLessThan(5 * Math.sqrt(0.3 * 0.7 * n)); // five standard deviations
    // A quarter of each side of the frame, 3 x 2 pixels; and a quarter of 95 µs, which holds 23 or 24 of the 96 events.
    for (let number = 0; number < 50; number++) {
      expect(augment(GRID, [drop("area", 0.25)], { seed: 3, number }).count).toBe(GRID.count - 6);
      expect([72, 73]).toContain(augment(GRID, [drop("time", 0.25)], { seed: 4, number }).count);
    }
  });
  test("nothing is dropped with 0, everything with 1", () => {
    fc.assert(
      fc.property(events, fc.constantFrom("events", "time", "area" as const), options, (r, what, o) => {
        expect(augment(r, [drop(what, 0)], o)).toEqual(r);
        expect(augment(r, [drop(what, 1)], o).count).toBe(0);
      }),
    );
  });
  test("jitter moves each event by itself, normally, and keeps the order of time", () => {
    const many = recordingOf(Array.from({ length: 4000 }, (_, k) => [1e6 + 1000 * k, 6, 4, 0] as const));
    const sd = 30;
    const moved = augment(many, [jitter({ time: "30 us" })], { seed: 5 });
    const squares = moved.t.reduce((sum, t, k) => sum + (t - many.t[k]!) ** 2, 0) / many.count;
    // The variance of a sample variance is 2σ⁴/n; rounding to whole µs adds 1/12; the first events cannot move before the first.
    expect(Math.abs(squares - sd * sd)).toBeLessThan(5 * sd * sd * Math.sqrt(2 / many.count) + 1);
    const shuffled = augment(many, [jitter({ time: "5 ms" })], { seed: 5 });
    expect([...shuffled.t]).toEqual([...shuffled.t].sort((a, b) => a - b));
    const spread = augment(many, [jitter({ pixels: 1 })], { seed: 6 });
    const across = spread.x.reduce((sum, x) => sum + (x - 6) ** 2, 0) / spread.count;
    // Of a rounded normal number 1 + 1/12; the frame cuts beyond 3.5 to 4.5 deviations downwards, which takes 0.003 at most.
    expect(Math.abs(across - 13 / 12)).toBeLessThan(5 * Math.sqrt(2 / many.count) + 0.01);
  });
  test("depends on seed, epoch and number alone, and never leaves the frame", () => {
    const list: Augmentation[] = [
      shift(3),
      flip("horizontal"),
      drop("events", 0.1),
      jitter({ time: "1 ms", pixels: 1 }),
    ];
    fc.assert(
      fc.property(events, options, (r, o) => {
        const before = rows(r);
        const out = augment(r, list, o);
        expect(augment(r, list, o)).toEqual(out);
        expect(rows(r)).toEqual(before);
        for (const [, x, y] of rows(out)) expect(x! < WIDTH && y! < HEIGHT).toBe(true);
      }),
    );
    expect(rows(augment(GRID, list, { seed: 1, epoch: 1 }))).not.toEqual(
      rows(augment(GRID, list, { seed: 1, epoch: 2 })),
    );
  });
  test("of a store is anew in each epoch, and the same whatever is read together", async () => {
    const parts = {
      name: "test",
      sensor: GRID,
      classes: ["a"],
      labels: new Uint8Array(4),
      names: ["0", "1", "2", "3"],
    };
    const store = augmentStore(
      recordingStore(parts, async (indices) => indices.map(() => GRID)),
      [drop("events", 0.5)],
      {
        seed: 1,
      },
    );
    const [a, b] = await store.read([2, 3], 1);
    expect(await store.read([3], 1)).toEqual([b]);
    expect(await store.read([3], 2)).not.toEqual([b]);
    expect(a).not.toEqual(b);
  });
  test("says what is wrong, before anything is read", () => {
    const bad =
      (a: object): (() => unknown) =>
      () =>
        augment(GRID, [flip("vertical"), a as Augmentation], { seed: 0 });
    expect(bad(drop("events", 1.5))).toThrow(/augmentations\[1\].p.*0 to 1/);
    expect(bad(drop("space" as "area", 0.5))).toThrow(/events, time, area/);
    expect(bad(shift(0.5))).toThrow(/whole number/);
    expect(bad(jitter({ time: "3 mV" }))).toThrow(/augmentations\[1\].time/);
    expect(bad(jitter({ pixels: -1 }))).toThrow(/from 0 on/);
    expect(bad({ kind: "rotate" })).toThrow(/shift, flip, drop, jitter/);
  });
});
