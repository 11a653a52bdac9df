/** Variables that all synapses of a source or of a target share, against synapses that have one each. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { type Connectivity, oneToOne, pairs, probability } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { sharedVariables } from "../../src/model/synapseSharing.ts";
import { createEngine } from "../../src/sim/engine.ts";
import type { EngineOptions } from "../../src/sim/engineOptions.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import type { Hook } from "../../src/sim/hooks.ts";
import { regularSource } from "../../src/sim/spikeSource.ts";
import { dt, relay } from "./driven.ts";
import type { BACKENDS } from "./run.ts";

type Spec = Omit<SynapseSpec, "name">;
/** Pair STDP; `own` asks for the weight where traces change, so that each synapse has its own. */
const stdp = (own: boolean): Spec => ({
  equations: `w : 1
    dapre/dt = -apre/(2*ms) : 1 (event-driven)
    dapost/dt = -apost/(1.5*ms) : 1 (event-driven)`,
  onPre: `ge += w; apre += 0.01${own ? " + 0*w" : ""}; w = clip(w + apost, 0, 1)`,
  onPost: `apost -= 0.012${own ? " + 0*w" : ""}; w = clip(w + apre, 0, 1)`,
});
/** Short-term plasticity: the synapse uses what it is about to change. */
const stp = (own: boolean): Spec => ({
  equations: `w : 1
    r : 1
    dx/dt = (1 - x)/(3*ms) : 1 (event-driven)
    du/dt = (0.3 - u)/(1*ms) : 1 (event-driven)`,
  variables: { x: 1, u: 0.3 },
  onPre: `r = u*x${own ? " + 0*w" : ""}; ge += w*r; x -= r; u += 0.3*(1 - u)${own ? " + 0*w" : ""}`,
});

function made(spec: Spec, connectivity: Connectivity, [sources, targets]: readonly [number, number]): Network {
  return network({
    dt,
    schedule: "brian",
    inputs: { toA: inputNode(sources), toB: inputNode(targets) },
    populations: { a: population(sources, relay), b: population(targets, relay) },
    connections: [
      connect("toA", "a", { connectivity: oneToOne, weight: 1 }),
      connect("toB", "b", { connectivity: oneToOne, weight: 1 }),
      connect("a", "b", {
        ...{ name: "c", connectivity, weight: uniform(0, 1), port: "ge" },
        synapse: synapse({ name: "s", ...spec }),
      }),
    ],
  });
}
const sharedOf = (spec: Spec, from: "a" | "toB" = "a"): Record<string, string> => {
  const net = made(spec, oneToOne, [2, 2]);
  const c = net.connections.find((x) => x.name === "c")!;
  return Object.fromEntries(sharedVariables({ ...c, from: { ...c.from, node: from } }, net));
};

const STEPS = 120;
const TRAIN = fc.array(fc.tuple(fc.nat(STEPS - 2), fc.nat(99)), { maxLength: 60 });
const events = (train: readonly (readonly [number, number])[], size: number): Inputs[string] => {
  const once = new Map(train.map(([step, k]) => [`${step} ${k % size}`, [step, k % size] as const]));
  return { steps: [...once.values()].map(([s]) => s), indices: [...once.values()].map(([, k]) => k) };
};
interface Left {
  readonly w: number[];
  readonly ge: number[];
  readonly views: Record<string, number[]>;
}
async function left(
  net: Network,
  inputs: Inputs,
  backend: (typeof BACKENDS)[number],
  options: EngineOptions = {},
): Promise<Left> {
  using e = await createEngine(net, backend, { type: "f64", seed: 2, block: 16, ...options });
  e.run(STEPS, inputs);
  const views = Object.entries(e.synapses("c")).map(([name, x]) => [name, Array.from(x, Number)] as const);
  const all = Object.fromEntries(views);
  return { w: all.w!, ge: Array.from(e.state("b.ge"), Number), views: all };
}

describe.each([
  ["STDP", stdp],
  ["short-term plasticity", stp],
])("%s", (_name, spec) => {
  test("the same as with numbers of each synapse, but for rounding; the same bits on every backend and in parts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 22 }),
        fc.integer({ min: 1, max: 22 }),
        fc.constantFrom(1, 1, 0.7, 0.2),
        TRAIN,
        TRAIN,
        async (sources, targets, p, pre, post) => {
          const size = [sources, targets] as const;
          const inputs = { toA: events(pre, sources), toB: events(post, targets) };
          const net = made(spec(false), probability(p), size);
          const shared = await left(net, inputs, interpret);
          expect(await left(net, inputs, wasm)).toEqual(shared);
          expect(await left(net, inputs, wasm, { parts: 3 })).toEqual(shared);
          const own = await left(made(spec(true), probability(p), size), inputs, wasm);
          // Traces stay below 1 and take a rounding a step and some at each event; each event adds one to what follows.
          const bound = 120 * (STEPS + 20 * 120) * 2 ** -53;
          for (const what of ["w", "ge"] as const)
            own[what].forEach((x, k) => expect(Math.abs(x - shared[what][k]!)).toBeLessThan(bound));
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe("one number a neuron", () => {
  const bytes = async (spec: Spec, connectivity: Connectivity): Promise<number> => {
    using e = await createEngine(made(spec, connectivity, [100, 200]), wasm);
    const own = e.program.buffers.filter((b) => b.name.startsWith("c."));
    return own.reduce((sum, b) => sum + 4 * b.length, 0);
  };
  test("traces of all-to-all synapses cost nothing beside the weights", async () => {
    expect(await bytes(stdp(false), probability(1))).toBe(4 * (100 * 200 + 112 + 208));
    expect(await bytes(stdp(true), probability(1))).toBe(4 * 4 * 100 * 200);
  });
  test("with few synapses a neuron, the steps of the last events too", async () => {
    const tables = 4 * (5 * 100 + 101 + 201); // rows and columns, a weight
    expect(await bytes(stdp(false), oneEach)).toBe(tables - 4 * 100 + 4 * 2 * (112 + 208));
  });
  const oneEach = pairs(
    Array.from({ length: 100 }, (_, k) => k),
    Array.from({ length: 100 }, (_, k) => 2 * k),
  );
});

describe("which variables", () => {
  const none = {};
  test("traces of each side, and what follows from them", () => {
    expect(sharedOf(stdp(false))).toEqual({ apre: "pre", apost: "post" });
    expect(sharedOf(stp(false))).toEqual({ r: "pre", x: "pre", u: "pre" });
  });
  test("not where the synapse has a say", () => {
    expect(sharedOf(stdp(true))).toEqual(none);
    expect(sharedOf(stp(true))).toEqual(none);
  });
  const trace = (onPre: string, more: Spec = {}): Spec => ({
    equations: "dp/dt = -p/(2*ms) : 1 (event-driven)",
    onPre,
    ...more,
  });
  test.each<[string, Spec, object]>([
    ["time and parameters", trace("p += q*t/second", { parameters: { q: 2 } }), { p: "pre" }],
    ["a subexpression of shared things", { ...trace("p += h"), equations: HALF("p/2") }, { p: "pre" }],
    ["a subexpression of the weight", { ...trace("p += h"), equations: HALF("w/2") }, none],
    ["a function of the user", trace("p += f(2)", { functions: { "f(x)": "x*x" } }), { p: "pre" }],
    ["a draw", trace("p += rand()"), none],
    ["the source's state", trace("p += ge_pre"), none],
    ["the target's state", trace("p += ge_post"), none],
    ["a name of the target that is a unit too", trace("p += x"), none],
    ["the number of an end", trace("p += j"), none],
    ["events of both ends", trace("p += 1", { onPost: "p = 0" }), none],
    ["every step", trace("p += 1", { pathways: [{ trigger: "step", body: "p += 0.1" }] }), none],
    [
      "one that each synapse has of its own, which reads it",
      {
        ...trace("p += 1; q += w"),
        equations: "dp/dt = -p/(2*ms) : 1 (event-driven)\ndq/dt = (p - q)/(1*ms) : 1 (event-driven)",
      },
      none,
    ],
    [
      "one that nothing but it changes",
      {
        ...trace("p += 1"),
        equations: "dp/dt = -p/(2*ms) : 1 (event-driven)\ndq/dt = (p - q)/(1*ms) : 1 (event-driven)",
      },
      { p: "pre", q: "pre" },
    ],
  ])("%s", (_name, spec, expected) => expect(sharedOf(spec)).toEqual(expected));
  test("an input may fire twice in a step, and the second time must see what the first left", () => {
    expect(sharedOf(stp(false), "toB")).toEqual(none);
    expect(sharedOf(stdp(false), "toB")).toEqual({ apre: "pre", apost: "post" });
  });
});
function HALF(value: string): string {
  return `dp/dt = -p/(2*ms) : 1 (event-driven)\nh = ${value} : 1\nw : 1`;
}

describe.each([
  ["that move with every step", probability(1)],
  ["that wait for events", oneToOne],
])("traces %s", (_name, connectivity) => {
  const [size, other] = [[70, 70] as const, { toA: events([[3, 1]], 70), toB: events([[20, 0]], 70) }];
  const net = made(stdp(false), connectivity, size);
  const open = (options: EngineOptions = {}) => createEngine(net, wasm, { type: "f64", seed: 1, ...options });

  test("are shown as the next step finds them", async () => {
    using e = await open();
    e.run(50, other);
    const { apre, source } = e.synapses("c");
    // The spike of step 4 was 46 steps ago.
    const left = 0.01 * Math.exp(-46 * (dt / 2e-3));
    apre!.forEach((x: number, k: number) =>
      source![k] === 1 ? expect(x / left).toBeCloseTo(1, 13) : expect(x).toBe(0),
    );
  });
  test("can be written by hooks, for all synapses of a neuron alike", async () => {
    for (const parts of [1, 2]) {
      using e = await open({ parts });
      const spike = { toB: { steps: [20], indices: [1] } };
      e.run(22, spike, {
        hooks: [
          {
            ...{ every: 100, from: 5 },
            run: ({ synapses }) => {
              const { apre, w } = synapses("c");
              apre!.fill(0.25);
              w!.fill(0.5);
            },
          },
        ],
      });
      const { w, target } = e.synapses("c");
      const raised = 0.5 + 0.25 * Math.exp(-16 * (dt / 2e-3));
      w!.forEach((x: number, k: number) => expect(x).toBeCloseTo(target![k] === 1 ? raised : 0.5, 13));
    }
  });
  test("goes on from a snapshot with other parts", async () => {
    using one = await open();
    using three = await open({ parts: 2 });
    one.run(30, other);
    three.run(30, other);
    using next = await open({ parts: 2 });
    next.restore(one.snapshot());
    one.restore(three.snapshot());
    const more = {
      toA: events([[3, 5]], 70),
      toB: events(
        [
          [9, 1],
          [9, 68],
        ],
        70,
      ),
    };
    expect(next.run(20, more)).toEqual(one.run(20, more));
    expect(next.synapses("c")).toEqual(one.synapses("c"));
  });
});

test("under every schedule, traces that move with every step are those that wait for events", async () => {
  const trace: Spec = { equations: "dp/dt = -p/(2*ms) : 1 (event-driven)", onPre: "p += 1" };
  for (const schedule of ["brian", "layered", "loihi"] as const) {
    const of = async (connectivity: Connectivity): Promise<number> => {
      const net = network({
        dt,
        schedule,
        inputs: { x: inputNode(20) },
        populations: { b: population(20, relay) },
        connections: [
          connect("x", "b", {
            ...{ name: "c", connectivity, weight: 0, port: "ge", delay: 1 },
            synapse: synapse({ name: "s", ...trace }),
          }),
        ],
      });
      using e = await createEngine(net, wasm, { type: "f64" });
      expect([...e.lowered.sources.synapses.get("c")!.shared.moving]).toEqual(connectivity === oneToOne ? [] : ["pre"]);
      e.run(40, { x: { steps: [3, 20], indices: [7, 7] } });
      const { p, source } = e.synapses("c");
      return p![source!.indexOf(7)]!;
    };
    const waits = await of(oneToOne);
    expect(waits).toBeGreaterThan(0.3);
    expect(await of(probability(1))).toBeCloseTo(waits, 13);
  }
});

test("synapses of a neuron that are given different traces are refused", async () => {
  using e = await createEngine(made(stdp(false), probability(1), [2, 3]), wasm);
  const hook: Hook = {
    every: 100,
    run({ synapses }) {
      synapses("c").apre![4] = 1;
    },
  };
  expect(() => e.run(2, {}, { hooks: [hook] })).toThrow(
    "synapses c[4]: all synapses of a source share one 'apre', because its spikes alone change it: those of source 1 were given different ones",
  );
});

test("a source that fires by itself drives traces as a population does", async () => {
  const fed = (from: "x" | "a"): Network =>
    network({
      dt,
      schedule: "brian",
      inputs: { x: inputNode(3) },
      populations: { a: population(3, relay), b: population(40, relay) },
      connections: [
        ...(from === "a" ? [connect("x", "a", { connectivity: oneToOne, weight: 1 })] : []),
        connect(from, "b", {
          ...{ name: "c", connectivity: probability(1), weight: 0.5, port: "v" },
          ...(from === "x" && { delay: 1 }),
          synapse: synapse({ name: "s", ...stdp(false), onPre: "v += w; apre += 0.01; w = clip(w + apost, 0, 1)" }),
        }),
      ],
    });
  const of = async (from: "x" | "a") => {
    using e = await createEngine(fed(from), wasm, { type: "f64", sources: { x: regularSource("1 ms") } });
    const { spikes } = e.run(100);
    return { spikes: spikes.b, w: [...e.synapses("c").w!] };
  };
  const found = await of("x");
  expect(found).toEqual(await of("a"));
  expect(found.spikes!.steps.length).toBeGreaterThan(100);
});
