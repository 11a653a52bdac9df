/** Several threads: the same bits as one, whoever takes which round. */
import { afterAll, describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { threadedWasm } from "../../src/backend/wasm/wasm.ts";
import { add, convert, f32, index, mul, read } from "../../src/ir/expr.ts";
import { withCopies } from "../../src/ir/parallel.ts";
import { along, invoke, loop, type Place, type Program, place } from "../../src/ir/program.ts";
import type { Step } from "../../src/ir/step.ts";
import { verifyProgram } from "../../src/ir/verify.ts";
import { Memory } from "../../src/sim/memory.ts";
import { CASES, type Case } from "./conformance.cases.ts";

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
    const inside = { ...program, regions: [{ name: "main", body: [loop("outer", 2, [parallel])] }] };
    expect(() => verifyProgram(inside)).toThrow("a parallel loop stands outermost");
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
const throughScratch = (rounds: number): Program => {
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
  return withCopies({
    name: "scratch",
    buffers: [
      { name: "number", type: "u32", length: rounds, role: "argument" },
      { name: "there", type: "u32", length: LENGTH, role: "work" },
      { name: "kept", type: "u32", length: LENGTH, role: "work" },
      { name: "out", type: "u32", length: rounds * LENGTH, role: "output" },
    ],
    regions: [
      { name: "main", body: [loop("round", rounds, body, { parallel: true, scratch: true })] },
      { name: "after", body: [call(copy, place("kept"), place("out"))] },
    ],
  });
};
test.each([1, 2, 5, 40])(
  "%i rounds through scratch: once a thread, and what is read later once a round",
  async (rounds) => {
    const program = throughScratch(rounds);
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
