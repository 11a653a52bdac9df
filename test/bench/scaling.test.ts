import { describe, expect, test } from "vitest";
import { fact, type Result } from "../../bench/measure.ts";
import { addressCost } from "../../bench/scalingAddresses.ts";
import { bytesASynapse, refusal, room } from "../../bench/scalingBytes.ts";
import { type Axis, exponent, scaled, sweepOf, VALUES } from "../../bench/scalingSweep.ts";
import { curvesOf, sweepPage, terminalPlots } from "../../bench/sweepPlot.ts";
import { cuba } from "../../bench/workloads/simulation/cuba.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { needMemory64 } from "../backend/memory64.ts";

const SMALL = { neurons: 200, synapses: 10, rate: 20, delays: 5 };
const QUICK = { base: SMALL, seconds: 0.01, repeats: 1, warmUp: 0, turn: 0 };

test.each(Object.keys(VALUES) as Axis[])("along %s: every network fires at its rate, and has a time", async (axis) => {
  const values = [10, 40];
  const points = await sweepOf(axis, { ...QUICK, values });
  expect(points.map((p) => p.at)).toEqual(values);
  for (const { time, memory } of points) {
    expect(time.median).toBeGreaterThan(0);
    expect(memory).toBeGreaterThan(0);
  }
});

test("a network has what it is asked for: neurons, synapses of each, delays up to the longest", async () => {
  using engine = await createEngine(scaled({ ...SMALL, delays: 40 }), wasm, { seed: 1 });
  const { source, delay } = engine.synapses("n>n.v");
  expect(source!.length).toBe(200 * 10);
  expect(Math.min(...delay!)).toBe(1);
  expect(Math.max(...delay!)).toBe(40);
});

test("the power of the axis is that of the last two points", () => {
  const points = [1, 10, 100].map((at) => ({ at, memory: 3 * at ** 1.5, time: { median: 1, min: 1, max: 1, n: 1 } }));
  expect(exponent(points, (p) => p.memory)).toBeCloseTo(1.5, 12);
});

describe("bytes a synapse", () => {
  test.each([
    ["procedural, one weight", 0],
    ["procedural, f32 weights", 0],
    ["one weight", 4], // its target
    ["f32 weights", 8],
    ["i16 weights", 4],
    ["i8 weights", 3],
    ["plastic (pair STDP)", 16], // target and weight, and of its column its number and its source
    ["plastic, all to all", 4], // its weight
  ])("%s: %i", async (name, bytes) => {
    expect(await bytesASynapse(name, 400)).toBeCloseTo(bytes, 1);
  });

  test("drawn again with delays of each up to 2 ms: 8 for those that 40 spikes a second keep under way, and a few rows", async () => {
    const neurons = 400;
    const bytes = await bytesASynapse("procedural, delays and f32 weights", neurons);
    const underWay = 8 * 40 * 2e-3;
    expect(bytes).toBeGreaterThan(underWay);
    expect(bytes).toBeLessThan(underWay + (8 * 4) / neurons);
  });
  test("with delays of each, what fills segments up comes on top of 3", async () => {
    const bytes = await bytesASynapse("delays, i8 weights", 400);
    expect(bytes).toBeGreaterThan(3);
    expect(bytes).toBeLessThan(3.6);
  });

  test("with a thousand a target they may lie in narrow tables: a target of 2 bytes or of 4, and its weight", async () => {
    const one = await bytesASynapse("one weight, a thousand a target");
    expect(one).toBeGreaterThan(1.99);
    expect(one).toBeLessThan(4.1);
    const each = await bytesASynapse("f32 weights, a thousand a target");
    expect(each - one).toBeCloseTo(4, 1);
  });

  test("an engine that asks for more than there is room for is refused, whatever the layout", async () => {
    expect(room(4)).toBe(2 ** 30);
    expect(room(4, 2 ** 34)).toBe(2 ** 32);
    expect(room(0)).toBeUndefined();
    expect(await refusal("f32 weights", 8)).toMatch(/^network: needs 4\.\d\d GiB/);
    expect(await refusal("i8 weights", 3)).toMatch(/^network: needs at least 4\.\d\d GiB/);
  });
});

test("a program with addresses of 64 bits is timed against itself, and runs the same", async () => {
  needMemory64();
  const small = { simulation: cuba(400, 0.2, 1), seconds: 0.02 };
  const { metric, unit, median, n } = await addressCost("small", small, 3);
  expect({ metric, unit, n }).toEqual({
    metric: "time with 64-bit addresses, of that with 32, small@1",
    unit: "1",
    n: 3,
  });
  expect(median).toBeGreaterThan(0);
});

describe("plots of what was measured along something", () => {
  const over = "neurons";
  const results: Result[] = [
    fact("alone", "s", 1),
    ...[10, 100, 1000].map((at) => ({ ...fact(`time, neurons = ${at}@1`, "ms", at), sweep: { over, at } })),
    ...[10, 100].map((at) => ({ ...fact(`memory, neurons = ${at}`, "MB", 2 * at), sweep: { over, at } })),
  ];

  test("one of each thing and unit", () => {
    expect(curvesOf(results).map(({ what, unit, points }) => [what, unit, points.length])).toEqual([
      ["time", "ms", 3],
      ["memory", "MB", 2],
    ]);
  });

  test("in the terminal a decade is as long everywhere", () => {
    const [, ...bars] = terminalPlots(results).split("\n\n")[0]!.split("\n");
    expect(bars.map((line) => line.split("█").length - 1)).toEqual([0, 20, 40]);
    expect(bars[2]).toMatch(/^1,000 .* 1,000 ms$/);
  });

  test("on a page without scripts, from the lower left to the upper right", () => {
    const page = sweepPage("scaling", "<about>", results);
    expect(page).toContain("time against neurons");
    expect(page).toContain("&lt;about&gt;");
    expect(page).not.toContain("<script");
    expect(page).toContain('d="M0 1000L500 500L1000 0"');
  });
});
