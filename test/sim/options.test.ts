/** JavaScript checks no types: what runs a network refuses options that it does not know, and hooks that it cannot wait for. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { ModelError, RunError } from "../../src/base/errors.ts";
import { connect, inputNode, lif, network, population } from "../../src/model/index.ts";
import {
  checkHealth,
  createEngine,
  createExactEngine,
  type Hook,
  poissonSource,
  simulate,
} from "../../src/sim/index.ts";
import { refusesSlips, type Slip } from "../base/slips.ts";

const net = network({
  dt: "1 ms",
  inputs: { x: inputNode(2) },
  populations: { cell: population(3, lif()) },
  connections: [connect("x", "cell", { weight: 1.5 })],
});
const running = async (act: (engine: Awaited<ReturnType<typeof createEngine>>) => unknown): Promise<unknown> => {
  using engine = await createEngine(net, wasm);
  return act(engine);
};

const SLIPS: readonly Slip[] = [
  ["simulate", (o) => simulate(net, { steps: 2, ...o }), "dtype", "type"],
  ["simulate", (o) => simulate(net, { steps: 2, ...o }), "hoks", "hooks"],
  ["createEngine", (o) => createEngine(net, wasm, o), "recrod", "record"],
  ["engine.run", (o) => running((e) => e.run(2, {}, o)), "hoks", "hooks"],
  ["engine.reset", (o) => running((e) => e.reset(o)), "kep", "keep"],
  ["createExactEngine", async (o) => createExactEngine(net, o), "recrod", "record"],
  ["exact run", async (o) => createExactEngine(net).run("2 ms", o), "smapleAt", "sampleAt"],
];
refusesSlips(SLIPS);
test("types of numbers are two", async () => {
  await expect(createEngine(net, wasm, { type: "float64" as never })).rejects.toThrow(
    "engine.type: must be 'f32' or 'f64', got 'float64'",
  );
});
test("what is no network, and no run, is said to be none", async () => {
  const said = (path: string, got: string) =>
    `${path}: takes a network, as network(…) and sequential(…) make it; got ${got}`;
  for (const [given, got] of [
    [undefined, "undefined"],
    [null, "null"],
    ["cuba", "cuba"],
    [{}, "an object without populations, inputs and connections"],
  ] as const) {
    await expect(createEngine(given as never, wasm)).rejects.toThrow(said("createEngine", got));
    expect(() => createExactEngine(given as never)).toThrow(said("createExactEngine", got));
    expect(() => checkHealth(given as never, {} as never)).toThrow(said("checkHealth", got));
  }
  for (const run of [undefined, {}, { spikes: {} }])
    expect(() => checkHealth(net, run as never)).toThrow(
      /^checkHealth: takes what a run gives back, such as engine.run\(/,
    );
  expect(() => checkHealth(net, createExactEngine(net).run("2 ms"))).not.toThrow();
});
test("what is no backend, and no list of names, is said to be none", async () => {
  for (const backend of [undefined, "wasm", {}])
    await expect(createEngine(net, backend as never)).rejects.toThrow(
      /^backend: must be wasm, threadedWasm\(2\) or interp/,
    );
  await expect(createEngine(net, wasm, { record: "cell.v" as never })).rejects.toThrow(
    "record: must be a list of names",
  );
});
test("rates of Poisson sources may have a unit", async () => {
  const digest = async (rate: string | number): Promise<string> =>
    (await simulate(net, { duration: "50 ms", seed: 3, sources: { x: poissonSource(rate) } })).digest;
  expect(await digest("0.2 kHz")).toBe(await digest(200));
  const exact = (rate: string | number) =>
    createExactEngine(net, { seed: 3, sources: { x: poissonSource(rate) } }).run("50 ms").digest;
  expect(exact("0.2 kHz")).toBe(exact(200));
  await expect(digest("15 ms")).rejects.toThrow("sources.x.rate: expected a quantity in hertz, got '15 ms'");
  await expect(digest("15")).rejects.toThrow("sources.x.rate: expected a quantity in hertz, got '15'");
});

describe("hooks", () => {
  const refused: readonly (readonly [string, unknown, new (...a: never[]) => Error, string])[] = [
    ["async", [{ run: async () => {} }], RunError, "hooks[0].run: gives a promise (async), and a run does not wait"],
    ["a promise", [{ run: () => Promise.resolve() }], RunError, "hooks.run: gives a promise (async)"],
    ["a promise that fails", [{ run: () => Promise.reject(new Error("late")) }], RunError, "gives a promise (async)"],
    [
      "a misspelt option",
      [{ run: () => {}, evry: 3 }],
      ModelError,
      "hooks[0].evry: unknown property; known: every, from, run",
    ],
    ["no function", [{ every: 2 }], ModelError, "hooks[0].run: must be a function of what a hook sees, got undefined"],
    ["no list", { run: () => {} }, ModelError, "hooks: must be a list of { run }"],
  ];
  test.each(refused)("%s", async (_name, hooks, error, message) => {
    const act = () => running((e) => e.run(2, {}, { hooks: hooks as Hook[] }));
    await expect(act()).rejects.toThrow(error);
    await expect(act()).rejects.toThrow(message);
  });
  test("of a class with properties of its own are taken", async () => {
    class Counter implements Hook {
      calls = 0;
      run(): void {
        this.calls++;
      }
    }
    const hook = new Counter();
    await running((e) => e.run(3, {}, { hooks: [hook] }));
    expect(hook.calls).toBe(3);
  });
});
