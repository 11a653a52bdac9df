import { describe, expect, test } from "vitest";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { averagePooling, oneToOne, pairs } from "../../src/model/connectivity.ts";
import { network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { neuron } from "../../src/model/neuron.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../src/model/sequential.ts";
import { synapse } from "../../src/model/synapse.ts";
import { gapJunction } from "../../src/model/synapses/gapJunction.ts";

test("an option that there is none of is refused, not left out", () => {
  expect(() => connect("a", "b", { wieght: 1 } as ConnectOptions)).toThrow(
    "connect('a', …).wieght: unknown property; known: bias, connectivity, delay, initial, name, output, port, procedural, storage, synapse, trainable, weight",
  );
});

const cell = neuron({
  name: "cell",
  equations: "dv/dt = (g - v) / (10*ms) : volt\ng : volt (input)\nx : 1",
  spike: "v > 10*mV",
  reset: "v = 0*mV",
});

describe("weights that are not given", () => {
  const joined = (o: ConnectOptions) =>
    network({
      dt: "0.1 ms",
      schedule: "brian",
      populations: { a: population([2, 2, 1], cell), b: population([2, 2, 1], cell) },
      connections: connect("a", "b", { name: "c", ...o }),
    });
  const refused: Record<string, [ConnectOptions, string]> = {
    "of an input": [{ port: "g" }, "port 'g' of 'b' is in volt"],
    "of a state": [{ port: "v" }, "port 'v' of 'b' is in volt"],
    "of one pair": [{ port: "v", connectivity: pairs([0], [1]) }, "port 'v' of 'b' is in volt"],
    "that a synapse declares": [
      { synapse: synapse({ name: "s", equations: "w : siemens", onPre: "v_post += w*ohm*mV" }) },
      "the weights of synapse 's' are in siemens",
    ],
    "that a synapse adds": [{ synapse: synapse({ name: "s", onPre: "v_post += w" }) }, "of 'b' is in volt"],
    "of gap junctions": [{ connectivity: oneToOne, synapse: gapJunction({ port: "g" }), port: "g" }, "is in volt"],
  };
  for (const [what, [options, says]] of Object.entries(refused))
    test(`are refused where they have a unit: ${what}`, () => {
      const make = () => joined(options);
      expect(make).toThrow("connection c.weight: ");
      expect(make).toThrow(says);
      expect(make).toThrow("give numbers in SI units, or a law such as uniform(0, 1e-3) or fanIn(1e-3)");
      expect(() => joined({ ...options, weight: 1e-3 })).not.toThrow();
    });

  test("are the start of linear layers where they have none, and of no account where nothing reads them", () => {
    const [plain] = joined({ port: "x" }).connections;
    expect(plain!.weight).toEqual({ kind: "fanIn", gain: 1 });
    const scaled = synapse({ name: "s", equations: "w : 1", onPre: "v_post += w*mV" });
    expect(joined({ synapse: scaled }).connections[0]!.weight).toEqual({ kind: "fanIn", gain: 1 });
    expect(() => joined({ synapse: synapse({ name: "s", onPre: "v_post += 0.001" }) })).not.toThrow();
    expect(() => joined({ port: "v", connectivity: averagePooling(1) })).not.toThrow();
  });

  test("of layers on layers say which connection it is, and recurrent weights can be given", () => {
    const layers = (recurrent: true | { weight: number; delay?: string }, weight?: number) =>
      sequential(
        [
          input(3),
          denseLayer(2, { ...(weight && { weight }), port: "g" }),
          neurons(cell, { recurrent }),
          denseLayer(2),
          readout(),
        ],
        { steps: 4 },
      );
    expect(() => layers(true)).toThrow("connection input>hidden.g.weight: port 'g' of 'hidden' is in volt");
    expect(() => layers(true, 0.01)).toThrow("connection hidden>hidden.g.weight: port 'g' of 'hidden' is in volt");
    const { connections } = layers({ weight: 0.002, delay: "3 ms" }, 0.01);
    const own = connections.find((c) => c.from.node === "hidden" && c.to.node === "hidden")!;
    expect(own).toMatchObject({ weight: { kind: "constant", value: 0.002 }, delay: 3, trainable: true });
    const usual = sequential([input(3), denseLayer(2), neurons(lif(), { recurrent: true }), denseLayer(2), readout()], {
      steps: 4,
    }).connections.find((c) => c.to.node === "hidden" && c.from.node === "hidden");
    expect(usual).toMatchObject({ weight: { kind: "fanIn", gain: 1 }, delay: 1 });
  });
});

test.each([[5], [{ equations: "", onPre: "ge += w" }], [null]])("%j is no synapse, and is told so", (synapse) => {
  expect(() => connect("a", "b", { synapse: synapse as never })).toThrow(
    "connect('a', …).synapse: must be what synapse({ … }) or a rule such as pairStdp({ … }) gives",
  );
});
