/** `(constant over dt)` in synapses: computed once as a step begins, whatever happens in it. Figures are those of Brian 2.5.1. */
import { expect, test } from "vitest";
import { connect } from "../../src/model/connection.ts";
import { dense, probability } from "../../src/model/connectivity.ts";
import { inputNode, type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { BACKENDS, message } from "./run.ts";

const cell = neuron({
  ...{ name: "cell", equations: "dv/dt = (i + tot - v)/(5*ms) : 1\ntot : 1", method: "euler", port: "v" },
});
const joined = (spec: Partial<SynapseSpec>, connectivity = dense): Network =>
  network({
    ...{ dt: "1 ms", schedule: "brian", inputs: { x: inputNode(2) }, populations: { p: population(3, cell) } },
    connections: [
      connect("x", "p", {
        name: "s",
        weight: 1,
        connectivity,
        synapse: synapse({ name: "s", method: "euler", ...spec }),
      }),
    ],
  });
const input = { x: { steps: [1, 1, 3, 4, 7], indices: [0, 1, 0, 1, 0] } };
const brian = {
  v: [
    [0.0, 0.2, 0.4],
    [2.0, 2.3616, 2.7232000000000003],
    [1.6179999999999999, 2.1141728, 2.6103456],
    [2.3543439999999998, 2.9654836224, 3.5766232448],
    [2.9764199519999996, 3.6878182228992, 4.3992164937984],
    [2.5168667012159998, 3.3170973885505535, 4.117328075885108],
    [2.188096228622528, 3.0679762527428314, 3.947856276863135],
    [2.9451700372813225, 3.897087932082707, 4.849005826884091],
    [2.568350528111499, 3.5858289140775583, 4.603307300043617],
    [2.289370480950861, 3.3667779199323693, 4.444185358913877],
  ],
  g: [9.112192457245055, 12.264298105485663, 15.41640375372627, 5.2086879999999995, 6.8309672448, 8.4532464896],
  u: [5.642317823963925, 7.187648950464448, 8.73298007696497, 5.393904738026425, 6.939235864526948, 8.48456699102747],
};

test("read by statements, by what moves and by what is summed, each after those that it reads", async () => {
  const net = joined({
    equations: `g : 1
      h = 2*v_post + k : 1 (constant over dt)
      k = 0.5*h0 : 1 (constant over dt)
      h0 : 1
      du/dt = (h - u)/(4*ms) : 1 (clock-driven)
      tot_post = 0.1*u + 0.01*h : 1 (summed)`,
    onPre: "v_post += 1; g += h; h0 += 1",
  });
  for (const [backend, parts] of [
    [BACKENDS[0]!, 1],
    [BACKENDS[1]!, 1],
    [BACKENDS[1]!, 3],
  ] as const) {
    using engine = await createEngine(net, backend, { type: "f64", record: ["p.v"], parts });
    const { values } = engine.run(10, input);
    const near = (found: ArrayLike<number>, expected: readonly number[]): void =>
      expected.forEach((x, k) => expect(found[k]).toBeCloseTo(x, 12));
    near(values["p.v"]!, brian.v.flat());
    near(engine.synapses("s").g!, brian.g);
    near(engine.synapses("s").u!, brian.u);
  }
});

test("a draw is one number for the whole step, and another in the next", async () => {
  const net = joined({
    equations: "r = rand() : 1 (constant over dt)\na : 1\nb : 1",
    onPre: "a = r; b += abs(r - a) + (r - a)",
  });
  using engine = await createEngine(net, BACKENDS[1]!, { type: "f64" });
  const seen = [1, 3, 4].map((step, k) => {
    engine.run(k === 0 ? 2 : step - [1, 3, 4][k - 1]!, {
      x: { steps: [k === 0 ? 1 : step - [1, 3, 4][k - 1]! - 1], indices: [0] },
    });
    return engine.synapses("s").a![0]!;
  });
  expect(new Set(seen).size).toBe(3);
  expect(Array.from(engine.synapses("s").b!)).toEqual([0, 0, 0, 0, 0, 0]);
});

test("conditions and whole numbers; sparse rows", async () => {
  const net = joined(
    {
      equations:
        "on = v_post > 0.5 : boolean (constant over dt)\nn = int(3*v_post) : integer (constant over dt)\nc : 1",
      onPre: "c += 10*int(on) + n; v_post = 0.9",
    },
    probability(0.99),
  );
  using engine = await createEngine(net, BACKENDS[1]!, { type: "f64" });
  engine.run(3, { x: { steps: [1, 1, 2], indices: [0, 1, 0] } });
  const { source, c } = engine.synapses("s");
  // In step 1 v is 0, 0.2, 0.4 as the step begins; in step 2 it is 0.9 of all.
  const first = [0, 0, 1];
  const { target } = engine.synapses("s");
  c!.forEach((x: number, k: number) => expect(x).toBe(first[target![k]!]! + (source![k] === 0 ? 12 : 0)));
});

test("refused, at the place", async () => {
  const of = (spec: Partial<SynapseSpec>) => message(() => synapse({ name: "s", ...spec }));
  expect(of({ equations: "h = v_post : 1 (constant over dt)\ndg/dt = (h - g)/ms : 1 (event-driven)" })).toContain(
    "an event-driven equation cannot read 'h', which moves by the clock",
  );
  expect(of({ equations: "h = g : 1 (constant over dt)\ndg/dt = -g/ms : 1 (event-driven)" })).toContain(
    "'g' is event-driven, and stands as its last event left it",
  );
  const build = (spec: Partial<SynapseSpec>) => createEngine(joined(spec), BACKENDS[1]!);
  await expect(build({ equations: "h = v_post : 1 (constant over dt)", onPre: "h += 1" })).rejects.toThrow(
    "'h' is computed as the step begins",
  );
  await expect(build({ equations: "h = v_post : volt (constant over dt)", onPre: "v += h/volt" })).rejects.toThrow(
    "'h' needs dimension volt, but 'v_post' has dimension 1",
  );
});
