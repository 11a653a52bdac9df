/** Several threads: the same bits as one, whoever takes which round. */
import { afterAll, describe, expect, test } from "vitest";
import type { Executable } from "../../src/backend/backend.ts";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm } from "../../src/backend/wasm/wasm.ts";
import { add, convert, f32, index, mul, read } from "../../src/ir/expr.ts";
import { withCopies } from "../../src/ir/parallel.ts";
import { along, invoke, loop, type Node, type Place, type Program, place } from "../../src/ir/program.ts";
import type { Step } from "../../src/ir/step.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { addStep, copyStep } from "../../src/sim/lower/bodies.ts";
import { Memory } from "../../src/sim/memory.ts";
import type { Case } from "./cases.ts";
import { CASES } from "./conformance.cases.ts";

const THREADS = [1, 2, 3, 8];
const BACKENDS = THREADS.map((n) => [n, threadedWasm(n)] as const);
afterAll(() => {
  for (const [, backend] of BACKENDS) backend.dispose();
});

const text = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

describe("every conformance case, five times side by side", () => {
  const rounds = 5;
  const sideBySide = ({ program }: Case): Program =>
    withCopies({
      ...program,
      regions: program.regions.map((r) => ({ ...r, body: [loop("round", rounds, r.body, { parallel: true })] })),
    });
  /** Defined elements of every buffer of a run as it stands, once. */
  async function expected({ program, inputs, defined = {} }: Case): Promise<Map<string, string[]>> {
    using x = await interpret.load(program);
    for (const [name, values] of Object.entries(inputs)) x.array(name).set(values);
    x.run("main");
    return new Map(
      program.buffers.map((b) => [b.name, Array.from(x.array(b.name).slice(0, defined[b.name] ?? b.length), text)]),
    );
  }
  test.each(CASES.map((c) => [c.name, c] as const))("%s", async (_name, c) => {
    const wanted = await expected(c);
    const program = sideBySide(c);
    for (const [, backend] of BACKENDS) {
      using x = await backend.load(program);
      new Memory(x, program).fill(new Map(Object.entries(c.inputs)));
      x.run("main");
      for (const { name, copies = 1, length } of program.buffers)
        for (let k = 0; k < copies; k++) {
          const from = (k * length) / copies;
          const got = x.array(name).slice(from, from + wanted.get(name)!.length);
          expect(Array.from(got, text), `${name}, copy ${k}`).toEqual(wanted.get(name));
        }
    }
  });
});

/** Squares the number of each round: `rounds` of them, each in a place of its own, read from memory how many. */
const body: Step = {
  name: "square",
  slots: [
    { name: "x", type: "f32", space: "element" },
    { name: "out", type: "f32", space: "element" },
  ],
  stores: [
    {
      slot: "out",
      mode: "set",
      value: add(mul(read("f32", "x"), read("f32", "x")), mul(f32(0), convert("f32", index()))),
    },
  ],
};
const squares = (room: number): Program => ({
  name: "squares",
  buffers: [
    { name: "rounds", type: "i32", length: 2, role: "argument" },
    { name: "x", type: "f32", length: room, role: "argument" },
    { name: "out", type: "f32", length: room, role: "output" },
  ],
  regions: [
    {
      name: "main",
      body: [
        loop(
          "k",
          place("rounds", 1),
          [
            invoke(
              { kind: "perElement", step: body },
              { x: place("x", 0, along("k", 1)), out: place("out", 0, along("k", 1)) },
              { n: 1 },
            ),
          ],
          { from: place("rounds", 0), parallel: true },
        ),
      ],
    },
  ],
});

describe("a parallel loop", () => {
  test.each(BACKENDS)("whose bounds lie in memory, on %d threads, again and again", async (_n, backend) => {
    const program = squares(1000);
    verifyProgram(program);
    using x = await backend.load(program);
    const given = Float32Array.from({ length: 1000 }, (_, k) => k);
    x.array("x").set(given);
    for (let turn = 0; turn < 300; turn++) {
      const [from, count] = [turn, (turn * 7) % 600];
      x.array("out").fill(-1);
      x.array("rounds").set([from, count]);
      x.run("main");
      expect(x.array("out")).toEqual(given.map((v, k) => (k >= from && k < from + count ? v * v : -1)));
    }
  });
  test("two programs take turns on one team", async () => {
    const [, backend] = BACKENDS[2]!;
    const [a, b] = [await backend.load(squares(64)), await backend.load(squares(128))];
    for (let turn = 0; turn < 20; turn++)
      for (const [x, n] of [
        [a, 64],
        [b, 128],
      ] as const) {
        x.array("x").fill(turn + n);
        x.array("rounds").set([0, n]);
        x.run("main");
        expect(x.array("out").every((v: number) => v === (turn + n) ** 2)).toBe(true);
      }
    a.dispose();
    b.array("rounds").set([0, 128]);
    b.run("main");
    b.dispose();
  });
  test("is refused where two rounds would store to one place", () => {
    const program = squares(8);
    const [region] = program.regions;
    const [parallel] = region!.body;
    if (parallel?.tag !== "loop") throw new Error("a loop");
    const [call] = parallel.body;
    if (call?.tag !== "invoke") throw new Error("a call");
    const same = { ...call, args: { ...call.args, out: place("out") } };
    const broken = { ...program, regions: [{ name: "main", body: [{ ...parallel, body: [same] }] }] };
    expect(() => verifyProgram(broken)).toThrow("every round would store to out[0] (perElement, argument 'out')");
    const main = (node: Node): Program => ({ ...program, regions: [{ name: "main", body: [node] }] });
    const within = (inner: Node): Program => main(loop("outer", 2, [inner]));
    verifyProgram(within(parallel));
    const another = loop("another", 1, parallel.body, { parallel: true });
    expect(() => verifyProgram(main({ ...parallel, body: [another] }))).toThrow("a parallel loop stands in no other");
    verifyProgram(within({ ...parallel, scratch: true, count: 2 }));
    const many = { ...parallel, scratch: true, count: place("rounds") };
    expect(() => verifyProgram(within(many))).toThrow("a scratch loop has a fixed number of rounds");
  });
});

/**
 * Cells in a ring of 4 parts, which threads work on together: in every step each part adds to its cells what the part
 * before it had after the last step, so that a thread which does not wait for the others sees wrong numbers.
 */
const PARTS = 4;
const STEPS = 300;
const plus: Step = {
  name: "plus",
  slots: ["x", "y", "out"].map((name) => ({ name, type: "u32", space: "element" }) as const),
  stores: [{ slot: "out", mode: "set", value: add(read("u32", "x"), read("u32", "y")) }],
};
function ring(cells: number): Program {
  const row = (offset: number, shift: number): Place =>
    place("cells", offset, along("t", PARTS * cells, { shift, modulo: 2 }), along("part", cells));
  const part = invoke(
    { kind: "perElement", step: plus },
    { x: row(0, 1), y: place("before", 0, along("part", cells)), out: row(0, 0) },
    { n: cells },
  );
  const copied = invoke(
    { kind: "perElement", step: copyStep("u32") },
    {
      x: place(
        "cells",
        0,
        along("t", PARTS * cells, { shift: 1, modulo: 2 }),
        along("part", cells, { shift: PARTS - 1, modulo: PARTS }),
      ),
      out: place("before", 0, along("part", cells)),
    },
    { n: cells },
  );
  const count = invoke(
    { kind: "perElement", step: addStep("u32") },
    { x: place("one"), out: place("steps") },
    { n: 1 },
  );
  const parts = (node: Node): Node => loop("part", PARTS, [node], { parallel: true });
  return {
    name: "ring",
    buffers: [
      { name: "cells", type: "u32", length: 2 * PARTS * cells, role: "state" },
      { name: "before", type: "u32", length: PARTS * cells, role: "work" },
      { name: "one", type: "u32", length: 1, role: "argument" },
      { name: "steps", type: "u32", length: 1, role: "output" },
    ],
    regions: [{ name: "main", body: [loop("t", STEPS, [parts(copied), parts(part), count])] }],
  };
}
describe("loops that threads run together", () => {
  const start = (x: Executable, cells: number): void => {
    x.array("cells").set(Array.from({ length: 2 * PARTS * cells }, (_, k) => k * 2654435761));
    x.array("one").set([1]);
  };
  test.each(BACKENDS)("the same bits as the interpreter, on %d threads, again and again", async (_n, backend) => {
    const program = ring(37);
    verifyProgram(program);
    using defined = await interpret.load(program);
    using fast = await backend.load(program);
    for (const x of [defined, fast]) start(x, 37);
    for (let turn = 0; turn < 5; turn++) {
      for (const x of [defined, fast]) x.run("main");
      expect(fast.array("cells")).toEqual(defined.array("cells"));
    }
    expect(fast.array("steps")[0]).toBe(5 * STEPS); // what is not parallel is done once
  });
  test("a failing thread is reported, keeps nobody waiting, and the team goes on", async () => {
    const [, backend] = BACKENDS[1]!;
    const faulty = ring(37);
    const [main] = faulty.regions;
    const [steps] = main!.body;
    if (steps?.tag !== "loop") throw new Error("a loop");
    const far = place("cells", 0, along("part", 2 ** 28)); // the second part's is outside the memory
    const call = invoke(
      { kind: "perElement", step: copyStep("u32") },
      { x: far, out: place("before", 0, along("part", 37)) },
      { n: 37 },
    );
    const body = [...steps.body, loop("part", PARTS, [call], { parallel: true })];
    using x = await backend.load({ ...faulty, regions: [{ name: "main", body: [{ ...steps, body }] }] });
    expect(() => x.run("main")).toThrow();
    using defined = await interpret.load(ring(37));
    using fast = await backend.load(ring(37));
    for (const y of [defined, fast]) {
      start(y, 37);
      y.run("main");
    }
    expect(fast.array("cells")).toEqual(defined.array("cells"));
  });
});

test("a failing round is reported, and the team goes on", async () => {
  const [, backend] = BACKENDS[1]!;
  using x = await backend.load(squares(4096));
  x.array("rounds").set([2 ** 29, 50]); // far outside the memory: every thread traps
  expect(() => x.run("main")).toThrow();
  x.array("rounds").set([0, 10]);
  x.array("x").fill(3);
  x.run("main");
  expect(x.array("out")[9]).toBe(9);
});

test("numbers of threads that make no sense are refused", () => {
  for (const n of [0, -1, 1.5, Number.NaN, 257]) expect(() => threadedWasm(n)).toThrow("threads");
});

test("hundreds of programs come and go", async () => {
  using backend = threadedWasm(2);
  for (let k = 0; k < 300; k++) {
    using x = await backend.load(squares(64));
    x.array("rounds").set([0, 8]);
    x.array("x").fill(k);
    x.run("main");
    expect(x.array("out")[7]).toBe(Math.fround(k) ** 2);
  }
});

/** Elements that a round writes: many, so that rounds run at the same time where they can. */
const LENGTH = 20_000;
/** Each round fills scratch with its number, and from there its part of `out`. */
const throughScratch = (rounds: number, turns?: number): Program => {
  const out = { name: "out", type: "u32", space: "element" } as const;
  const copying = (space: "element" | "uniform"): Step => ({
    name: `copy.${space}`,
    slots: [out, { name: "x", type: "u32", space }],
    stores: [{ slot: "out", mode: "set", value: read("u32", "x") }],
  });
  const [fill, copy] = [copying("uniform"), copying("element")];
  const call = (step: Step, x: Place, to: Place) => invoke({ kind: "perElement", step }, { x, out: to }, { n: LENGTH });
  const body = [
    call(fill, place("number", 0, along("round", 1)), place("there")),
    call(copy, place("there"), place("kept")),
    call(copy, place("there"), place("out", 0, along("round", LENGTH))),
  ];
  const shared = loop("round", rounds, body, { parallel: true, scratch: true });
  return withCopies({
    name: "scratch",
    buffers: [
      { name: "number", type: "u32", length: rounds, role: "argument" },
      { name: "there", type: "u32", length: LENGTH, role: "work" },
      { name: "kept", type: "u32", length: LENGTH, role: "work" },
      { name: "out", type: "u32", length: rounds * LENGTH, role: "output" },
    ],
    regions: [
      { name: "main", body: turns === undefined ? [shared] : [loop("turn", turns, [shared])] },
      { name: "after", body: [call(copy, place("kept"), place("out"))] },
    ],
  });
};
test.each([1, 2, 5, 40].flatMap((rounds) => [{ rounds }, { rounds, turns: 3 }]))(
  "$rounds rounds through scratch, $turns times: once a thread, and what is read later once a round",
  async ({ rounds, turns }: { rounds: number; turns?: number }) => {
    const program = throughScratch(rounds, turns);
    const buffer = (name: string) => program.buffers.find((b) => b.name === name)!;
    expect(buffer("there")).toMatchObject({ copies: rounds, scratch: true });
    expect(buffer("kept").scratch).toBeUndefined();
    verifyProgram(program);
    const numbers = Uint32Array.from({ length: rounds }, (_, k) => 7 * k + 1);
    const wanted = Uint32Array.from({ length: rounds * LENGTH }, (_, k) => numbers[Math.floor(k / LENGTH)]!);
    for (const [threads, backend] of [[1, interpret] as const, ...BACKENDS]) {
      using x = await backend.load(program);
      x.array("number").set(numbers);
      x.run("main");
      expect(Buffer.compare(bytesOf(x.array("out")), bytesOf(wanted)), `${threads} threads`).toBe(0);
      expect(x.array("there").length).toBe((buffer("there").length / rounds) * Math.min(threads, rounds));
      expect(x.array("kept").length).toBe(buffer("kept").length);
    }
  },
);
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
