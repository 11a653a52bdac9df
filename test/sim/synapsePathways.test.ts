/** What pathways do to synapses, targets and sources, on spikes and on custom events; draws; units; what is refused. */
import { describe, expect, test } from "vitest";
import { interpret } from "../../src/backend/interpret/run.ts";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { streamOf, uniform as uniformAt } from "../../src/base/random.ts";
import { networkFromJson, networkToJson } from "../../src/io/networkJson.ts";
import { connect } from "../../src/model/connection.ts";
import { oneToOne } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import type { ScheduleName } from "../../src/model/schedule.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";
import type { Inputs } from "../../src/sim/feed.ts";
import { driven, dt, firing, outcome, relay, release, variables } from "./driven.ts";

describe("what a pathway does to both ends, in Brian's order", () => {
  const body = (trigger: "pre" | "post", text: string, more: Partial<SynapseSpec> = {}) =>
    synapse({ name: "s", ...(trigger === "pre" ? { onPre: text } : { onPost: text }), ...more });
  const states = (net: Network, steps: number, inputs: Inputs, ...names: string[]) =>
    outcome(net, steps, inputs, (e) => names.map((x) => e.state(x)[0]));

  test("several targets at once, and what is read is what was just written", async () => {
    const net = driven({
      synapse: body("pre", "ge += w; x_post += 1; x += ge_post; ge_post *= 2; x_post -= half_post"),
    });
    // ge 0.5, x 1, x 1.5, ge 1, x 1; then ge 1.5, x 2, x 3.5, ge 3, x 2.
    expect(await states(net, 40, firing([5, 20], []), "b.ge", "b.x")).toEqual([3, 2]);
  });
  test("a target's variable may be set, of any type", async () => {
    const net = driven({ synapse: body("pre", "ge = 7; n_post += 2; flag_post = not flag_post") });
    expect(await states(net, 40, firing([5, 20, 25], []), "b.ge", "b.n", "b.flag")).toEqual([7, 6, 1]);
  });
  test("the source's too", async () => {
    const net = driven({ synapse: body("pre", "x_pre += w; ge_pre = x_pre") });
    expect(await states(net, 40, firing([5, 20], [9]), "a.x", "a.ge", "b.x")).toEqual([1, 1, 0]);
    const back = driven({ synapse: body("post", "x_pre += 1; x_post += 10") });
    expect(await states(back, 40, firing([5], [9, 12]), "a.x", "b.x")).toEqual([2, 20]);
  });
  test("a divergent source adds up over its synapses", async () => {
    const net = network({
      dt,
      schedule: "brian",
      inputs: { toA: inputNode(2) },
      populations: { a: population(2, relay), b: population(3, relay) },
      connections: [
        connect("toA", "a", { connectivity: oneToOne, weight: 1 }),
        connect("a", "b", { weight: [1, 2, 4, 8, 16, 32], synapse: body("pre", "x_pre += w") }),
      ],
    });
    const x = await outcome(net, 4, { toA: { steps: [0, 1], indices: [0, 1] } }, (e) => [
      ...e.state("a.x").subarray(0, 2),
    ]);
    expect(x).toEqual([7, 56]);
    await expect(createEngine(net, wasm, { parts: 2 })).rejects.toThrow(
      "engine.parts: connection a>b changes its source: one part only, got 2",
    );
  });
  test("what is (unless refractory) stays while the target is refractory, as in Brian", async () => {
    const held = neuron({
      name: "held",
      equations: "v : 1\ndg/dt = 0/second : 1 (unless refractory)\nf : 1",
      spike: "v > 0.5",
      reset: "v = 0",
      refractory: "1 ms",
      port: "v",
    });
    const net = network({
      dt,
      schedule: "brian",
      inputs: { toA: inputNode(1), toB: inputNode(1) },
      populations: { a: population(1, relay), b: population(1, held) },
      connections: [
        connect("toA", "a", { weight: 1 }),
        connect("toB", "b", { weight: 1, port: "v" }),
        connect("a", "b", { synapse: body("pre", "g_post += 1; f_post += 1") }),
      ],
    });
    // b fires in step 10 and is refractory in steps 10 to 19.
    const found = await states(net, 40, firing([5, 12, 19, 22], [10]), "b.g", "b.f");
    expect(found).toEqual([2, 4]);
  });
  test("pathways of both triggers in the order that they name; by default pre before post", async () => {
    const of = (more: Partial<SynapseSpec>) => driven({ synapse: synapse({ name: "s", ...more }) });
    const both = { onPre: { one: "ge += 1", two: { body: "ge *= 3", order: 5 } }, onPost: "ge *= 10" };
    // ge + 1, times 10, times 3: the same whatever the order of the products; then x tells them apart.
    expect(await states(of(both), 20, firing([5], [5]), "b.ge")).toEqual([30]);
    const first = { onPre: "ge += 1", onPost: { body: "ge = 5", order: -2 } };
    expect(await states(of(first), 20, firing([5], [5]), "b.ge")).toEqual([6]);
    expect(await states(of({ onPre: "ge += 1", onPost: "ge = 5" }), 20, firing([5], [5]), "b.ge")).toEqual([5]);
  });
  test("of one order, by their names: as Brian 2.5.1 does, whichever was given first", async () => {
    const of = (onPre: SynapseSpec["onPre"]) => driven({ synapse: synapse({ name: "s", onPre: onPre! }) });
    const found = (onPre: SynapseSpec["onPre"]) => states(of(onPre), 20, firing([5, 8], []), "b.ge");
    expect(await found({ zz: "ge += 1", aa: "ge *= 2" })).toEqual([3]);
    expect(await found({ aa: "ge *= 2", zz: "ge += 1" })).toEqual([3]);
    expect(await found({ zz: { body: "ge += 1", order: -3 }, aa: "ge *= 2" })).toEqual([6]);
  });
  test("delays of single pathways", async () => {
    const s = synapse({ name: "s", onPre: { soon: "x_post += 1", late: { body: "ge += 1", delay: 3 } } });
    const net = driven({ synapse: s, delay: 2 });
    expect(await states(net, 8, firing([5], []), "b.x", "b.ge")).toEqual([1, 0]);
    expect(await states(net, 11, firing([5], []), "b.x", "b.ge")).toEqual([1, 1]);
  });
  test("delays of pathways may be durations: whole steps once the synapse is connected", async () => {
    const of = (delay: string | number) => ({
      name: "s",
      onPre: { soon: "x_post += 1", late: { body: "ge += 1", delay } },
      onPost: { body: "ge *= 2", delay },
    });
    const [given, steps] = ["1.5 ms", 1.5e-3 / dt].map((delay) => driven({ synapse: synapse(of(delay)), delay: 2 }));
    expect(given).toEqual(steps);
    expect(networkFromJson(networkToJson(given!))).toEqual(given);
    const own = synapse({ name: "s", pathways: [{ trigger: "pre", body: "ge += 1", delay: "1.5 ms" }] });
    expect(driven({ synapse: own }).connections.find((c) => c.synapse)!.synapse!.pathways[0]!.delay).toBe(1.5e-3 / dt);
    expect(() => synapse(of("3 mV"))).toThrow("synapse s.pre.delay: expected a quantity in second, got '3 mV'");
    expect(() => driven({ synapse: synapse(of(`${dt / 2} second`)) })).toThrow(
      "synapse s.pre.delay: must be a whole number of steps",
    );
  });
  test("whole and boolean variables of synapses, and constants of each", async () => {
    const s = synapse({
      name: "s",
      equations: "count : integer\nodd : boolean\nlimit : 1 (constant)",
      variables: { limit: 2.5 },
      onPre: "count += 1; odd = not odd; ge += int(odd)*limit",
    });
    const net = driven({ synapse: s });
    const [count, odd] = await variables(net, 40, firing([5, 9, 20], []), "count", "odd");
    expect([count, odd, ...(await states(net, 40, firing([5, 9, 20], []), "b.ge"))]).toEqual([3, 1, 5]);
  });
});

describe("pathways on custom events (Brian's on_event)", () => {
  const cell = neuron({
    name: "cell",
    equations: "v[t+1] = v + 1 : 1\nx : 1\ny : 1\nI : 1 (input)\nseen[t+1] = I : 1",
    spike: "v % 10 == 0",
    events: { third: "v % 3 == 0", count: "i == 1 and v == 5" },
    port: "x",
  });
  const events = (schedule: ScheduleName, size = 2, delay = 0) => {
    const s = synapse({
      name: "s",
      equations: "w : 1\ndp/dt = 0*p/second : 1 (event-driven)",
      onEvent: { pre: "third", post: "count" },
      onPre: "x += v_pre; p += 1",
      onPost: "p += 100",
    });
    const spiking = synapse({
      name: "both",
      pathways: [
        { trigger: "pre", body: "y_post += 1" },
        { trigger: "pre", event: "third", delay: 1, body: "y_post += 10" },
      ],
    });
    return network({
      dt: 1,
      schedule,
      populations: { a: population(size, cell), b: population(size, cell, { initial: { v: 0 } }) },
      connections: [
        connect("a", "b", { connectivity: oneToOne, weight: 1, synapse: s, delay, name: "s" }),
        connect("a", "b", { connectivity: oneToOne, weight: 1, synapse: spiking, port: "y", name: "both" }),
      ],
    });
  };
  const look = (e: Engine): number[][] => [
    [...e.state("b.x").subarray(0, 2)],
    [...e.state("b.y").subarray(0, 2)],
    [...e.synapses("s").p!],
  ];
  test("by name of the pathway, as Brian's on_event has them; 'pre' is a side unless a pathway is called so", () => {
    const waiting = (onEvent: Record<string, string>, onPre: Record<string, string>) =>
      synapse({ name: "s", onPre, onEvent }).pathways.map((p) => p.event);
    const both = { pre: "x += 1", gpath: "y += 1" };
    expect(waiting({ pre: "spike", gpath: "gspike" }, both)).toEqual(["gspike", undefined]);
    expect(waiting({ pre: "gspike" }, both)).toEqual([undefined, "gspike"]);
    expect(waiting({ pre: "gspike", b: "other" }, { a: "x += 1", b: "y += 1" })).toEqual(["gspike", "other"]);
    expect(() => waiting({ gpaht: "gspike" }, both)).toThrow(
      "synapse s.onEvent.gpaht: no pathway called 'gpaht'; known: gpath, post, pre",
    );
  });
  test("brian: of the source and of the target, beside spikes, after their delays", async () => {
    // v = 1, 2, ...: third at 3, 6, 9; spike at 10; count of neuron 1 at 5.
    expect(await outcome(events("brian"), 9, {}, look)).toEqual([
      [18, 18],
      [20, 20],
      [3, 103],
    ]);
    expect(await outcome(events("brian"), 10, {}, look)).toEqual([
      [18, 18],
      [31, 31],
      [3, 103],
    ]);
    // Two steps later v_pre is 5, 8, and the third has not come.
    expect(await outcome(events("brian", 2, 2), 10, {}, look)).toEqual([
      [13, 13],
      [31, 31],
      [2, 102],
    ]);
  });
  test("layered: v_pre is that of the event", async () => {
    expect(await outcome(events("layered", 2, 2), 10, {}, look)).toEqual([
      [9, 9],
      [31, 31],
      [2, 102],
    ]);
  });
  test("the same bits in parts, and over a snapshot from one to several", async () => {
    const net = events("brian", 300, 2);
    const last = (e: Engine): number[][] => [[...e.state("b.x")], [...e.state("b.y")]];
    using one = await createEngine(net, wasm, { parts: 1 });
    using three = await createEngine(net, interpret, { parts: 3 });
    one.run(7);
    three.run(7);
    expect(last(three)).toEqual(last(one));
    using later = await createEngine(net, wasm, { parts: 3 });
    later.restore(one.snapshot());
    for (const e of [one, three, later]) e.run(20);
    expect([last(three), last(later)]).toEqual([last(one), last(one)]);
  });
  test("refused", () => {
    const made = (event: string) => () =>
      network({
        dt: 1,
        inputs: { in: inputNode(1) },
        populations: { b: population(1, cell) },
        connections: [
          connect("in", "b", {
            synapse: synapse({ name: "s", pathways: [{ trigger: "post", event, body: "w = 1" }] }),
          }),
        ],
      });
    expect(made("fourth")).toThrow("connection in>b: 'b' has no event 'fourth'; known: count, third");
    expect(made("count")).not.toThrow();
    expect(() => synapse({ name: "s", pathways: [{ trigger: "step", event: "x", body: "w = 1" }] })).toThrow(
      "synapse s.step: a pathway of every step waits for no event, got 'x'",
    );
  });
});

describe("draws in pathways", () => {
  test("are those of the host, by synapse and step", async () => {
    const net = driven({ synapse: release }, { size: 3 });
    const inputs: Inputs = { toA: { steps: [4, 4, 4], indices: [0, 1, 2] } };
    const u = await outcome(net, 20, inputs, (e) => [...e.synapses("a>b.ge").u!], { seed: 7 });
    const stream = streamOf("a>b.ge pathway 0");
    expect(u).toEqual([0, 1, 2].map((element) => uniformAt({ seed: 7, stream, element, sample: 0, step: 5 })));
  });
});

describe("units, where equations say what they are", () => {
  const cell = neuron({
    name: "cell",
    equations: "dv/dt = -v/(10*ms) : volt\nge : siemens\nI : amp (input)",
    spike: "v > 1*mV and t - lastspike > 0*ms",
    port: "ge",
  });
  const build = async (spec: Partial<SynapseSpec>): Promise<string> => {
    try {
      const net = network({
        dt,
        schedule: "brian",
        populations: { a: population(1, cell), b: population(1, cell) },
        connections: [
          connect("a", "b", {
            synapse: synapse({ name: "s", equations: "w : siemens", ...spec }),
            weight: 1e-9,
            delay: 1,
          }),
        ],
      });
      (await createEngine(net, interpret)).dispose();
      return "accepted";
    } catch (e) {
      return (e as Error).message;
    }
  };
  test.each<[Partial<SynapseSpec>, string]>([
    [{ onPre: "ge += w" }, "accepted"],
    [{ onPre: "ge_post += 2*nS" }, "accepted"],
    [
      { onPre: "ge += w*v_pre" },
      "synapse s.pre: line 1: '+' needs one dimension on both sides, but 'ge' has dimension siemens and 'w * v_pre' has dimension amp\n    ge += w*v_pre\n          ^",
    ],
    [{ onPre: "v_post = w" }, "synapse s.pre: line 1: 'v_post' needs dimension volt, but 'w' has dimension siemens"],
    [
      { equations: "dx/dt = -x : 1 (event-driven)", onPre: "x += 1" },
      "synapse s.equations: line 1: 'x' needs dimension hertz",
    ],
    [{ equations: "I_post = v_pre : volt (summed)" }, "synapse s.equations: line 1: 'I_post' needs dimension amp"],
    [
      { equations: "tau : second (constant)", parameters: { tau: "2 mV" } },
      "synapse s.equations: line 1: 'tau' is declared in second, but its value is in volt",
    ],
    [{ equations: "x : 1 (shared)" }, "line 1: 'x' is a parameter without a value; give one in 'parameters'"],
    [{ equations: "x = v_pre : 1", onPre: "ge += w" }, "synapse s.equations: line 1: 'x' needs dimension 1"],
    [{ onPre: "ge += frob(w)" }, "synapse s.pre: line 1: unknown function 'frob'"],
    [
      { onPre: "q = 1" },
      "synapse s.pre: line 1: 'q' is not a variable here; known: ge, ge_post, ge_pre, lastspike_post, lastspike_pre, t, v_post, v_pre, w",
    ],
    [{ equations: "x : 1 (constant)", onPre: "x = 1" }, "synapse s.pre: line 1: 'x' is declared (constant)"],
    [{ equations: "x = 2 : 1", onPre: "x = 1" }, "synapse s.pre: line 1: 'x' is computed when it is read"],
    [
      { parameters: { p: 1 }, onPre: "p = 1" },
      "synapse s.pre: line 1: 'p' is a parameter, and the same for all synapses",
    ],
    [
      { equations: "dx/dt = -x**2/second : 1 (event-driven)", onPre: "x += 1" },
      "synapse s.equations: cannot be event-driven: dx/dt is not linear; use (clock-driven)",
    ],
    [
      {
        equations:
          "dx/dt = y/second : 1 (event-driven)\ndy/dt = z/second : 1 (event-driven)\ndz/dt = x/second : 1 (event-driven)",
        onPre: "x += 1",
      },
      "cannot be event-driven: no closed form for",
    ],
    [
      { equations: "dx/dt = -x/second : 1 (event-driven)\ndy/dt = x/second : 1 (clock-driven)" },
      "line 2: 'x' is event-driven, and stands as its last event left it: make it (clock-driven)",
    ],
    [
      { equations: "dx/dt = y/second : 1 (event-driven)\ndy/dt = -y/second : 1 (clock-driven)" },
      "line 1: an event-driven equation cannot read 'y', which moves by the clock",
    ],
    [
      { equations: "dx/dt = v_post/(mV*second) : 1 (event-driven)" },
      "line 1: an event-driven equation cannot read 'v_post', which changes between events: make it (clock-driven)",
    ],
    [
      { equations: "I_pre = 1*mV : volt (summed)" },
      "line 1: 'I_pre' needs dimension amp, but '1 * mV' has dimension volt",
    ],
    [
      { onPre: "ge += w*I/(1*mA)" },
      "synapse s: 'I' is an input of cell: what it adds up is not there for synapses to read",
    ],
    [{ onPre: "lastspike_post = t" }, "synapse s.pre: line 1: 'lastspike_post' is set by the neuron's own step"],
    [{ onPre: "I += int(t - lastspike_pre > 1*ms)*mA" }, "accepted"],
    [
      { equations: "x_post : 1" },
      "line 1: 'x_post': names that end in _pre and _post belong to the source and the target",
    ],
    [{ equations: "x : 1 (input)" }, "line 1: 'input' belongs to neurons"],
    [{ equations: "dw/dt = -w/second : siemens" }, "accepted"],
    [{ equations: "dw/dt = -w/second : volt", onPre: "ge += w" }, "synapse s.pre: line 1: '+' needs one dimension"],
    [{ equations: "dw/dt = -w : siemens" }, "synapse s.equations: line 1: 'w' needs dimension "],
    [{ equations: "w = 2*nS : siemens" }, "line 1: 'w' is the weight of each synapse"],
    [{ equations: "w : siemens (shared)" }, "line 1: 'w' is the weight of each synapse"],
    [
      { equations: "x : 1", variables: { y: 1 } },
      "synapse s.variables.y: no variable called 'y' in the equations; known: x",
    ],
    [
      { onPre: "ge += w; I += 1*mA" },
      "synapse s.pre: line 1: 'ge' and another target are added to at different moments, because the update reads one as an (input): use two pathways",
    ],
  ])("%o", async (spec, message) => {
    expect(await build(spec)).toContain(message);
  });
});

describe("under other schedules", () => {
  test("several ports take sums; nothing else is changed", async () => {
    const both = synapse({ name: "s", onPre: "ge += w; x_post += 2; x -= 1" });
    const found = await outcome(driven({ synapse: both }, { schedule: "layered" }), 30, firing([5, 9], []), (e) => [
      e.state("b.ge")[0],
      e.state("b.x")[0],
    ]);
    expect(found).toEqual([1, 2]);
    const set = synapse({ name: "s", onPre: "x_post = 1" });
    await expect(createEngine(driven({ synapse: set }, { schedule: "layered" }), interpret)).rejects.toThrow(
      "synapse s.pre: line 1: a target variable can only be added to (+=, -=); under schedule 'brian' a synapse may also set it",
    );
  });
});
