import { expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { memorySink } from "../../../src/sim/records/memorySink.ts";
import type { RecordChunk } from "../../../src/sim/records/sink.ts";

const net = network({
  dt: "1 ms",
  populations: { n: population(3, lif(), { initial: { v: 2 } }) },
  connections: [
    connect("n", "n", { connectivity: oneToOne, weight: 0.5, delay: "1 ms" }),
    connect("n", "n", { name: "late", weight: 0, delay: uniform(1e-3, 5e-3) }),
  ],
});

test.each([
  [{ kind: "spike", of: "n" }, "records.x.kind: unknown kind 'spike'; known: rate, spikes, synapses, variable"],
  [{ kind: "spikes" }, 'records.x.of: must name what is kept: a population ("e")'],
  ["n.v", `records.x: must say what is kept, such as { kind: "spikes", of: "e" }, got 'n.v'`],
  [{ kind: "spikes", of: "m" }, "records.x.of: no population 'm' that spikes; known: n"],
  [{ kind: "spikes", of: "n", neuron: [1] }, "records.x.neuron: unknown property; known: kind, last, neurons, of,"],
  [{ kind: "spikes", of: "n", neurons: [1, 3] }, "records.x.neurons[1]: must be an integer from 0 to 2, got 3"],
  [{ kind: "spikes", of: "n", neurons: [1, 1] }, "records.x.neurons[1]: 1 is there twice"],
  [{ kind: "spikes", of: "n", neurons: [] }, "records.x.neurons: names nothing: leave it out for all"],
  [{ kind: "variable", of: "n.q" }, "records.x.of: no variable 'n.q'; known: n.v"],
  [{ kind: "variable", of: "n.v", every: 0 }, "records.x.every: must be longer than nothing, got 0"],
  [{ kind: "variable", of: "n.v", every: "1.5 ms" }, "records.x.every: must be a whole number of steps of 0.001 s"],
  [{ kind: "variable", of: "n.v", every: "1 mV" }, "records.x.every"],
  [{ kind: "variable", of: "n.v", when: "during" }, "records.x.when: must be 'before' or 'after', got 'during'"],
  [{ kind: "variable", of: "n.v", windows: [{ from: 5, to: 5 }] }, "records.x.windows[0]: must end after it begins"],
  [{ kind: "variable", of: "n.v", windows: [] }, "records.x.windows: names none"],
  [{ kind: "variable", of: "n.v", windows: [{ start: 5 }] }, "records.x.windows[0].start: unknown property"],
  [{ kind: "rate", of: "n" }, 'records.x.bin: must be a duration such as "10 ms", or a number of steps, got undefined'],
  [{ kind: "spikes", of: "n", last: 0 }, "records.x.last: must be an integer from 1"],
  [{ kind: "synapses", of: "n>m", every: 1 }, "records.x.of: no sparse connection 'n>m'; known: n>n"],
  [
    { kind: "synapses", of: "late", every: 1 },
    "records.x.of: no equation and no pathway changes the synapses of 'late', whose weights stand still: read them with",
  ],
  [{ kind: "synapses", of: "n>n", every: 1, variable: "u" }, "records.x.variable: no 'u'; known: source, target, w"],
  [{ kind: "spikes", of: "n", trigger: { on: { spike: "m" } } }, "records.x.trigger.on.spike: no population 'm'"],
  [{ kind: "spikes", of: "n", trigger: { on: { variable: "n.v", neuron: 0 } } }, "records.x.trigger.on: give a level"],
  [
    { kind: "spikes", of: "n", trigger: { on: { variable: "n.v", neuron: 9, rises: 1 } } },
    "records.x.trigger.on.neuron: must be an integer from 0 to 2, got 9",
  ],
  [{ kind: "spikes", of: "n", trigger: { on: {} } }, "records.x.trigger.on: give { spike }, { variable"],
  [{ kind: "spikes", of: "n", trigger: { on: { spike: "n" }, before: -1 } }, "records.x.trigger.before: must be"],
])("%o", async (x, message) => {
  using engine = await createEngine(net, wasm);
  expect(() => engine.recorder({ x } as never)).toThrow(message);
});

test("triggers belong to one trial", async () => {
  using engine = await createEngine(net, wasm, { samples: 2 });
  const x = { kind: "spikes", of: "n", trigger: { on: { spike: "n" } } } as const;
  expect(() => engine.recorder({ x })).toThrow("records.x.trigger: triggers belong to one trial, and there are 2");
});
test("two series of one name", async () => {
  using engine = await createEngine(net, wasm);
  const x = { kind: "spikes", of: "n", trigger: { on: { spike: "n" } } } as const;
  expect(() => engine.recorder({ x, "x.trigger": { kind: "spikes", of: "n" } })).toThrow("records.x.trigger: is also");
});
test("a recorder of another engine, one that has finished, and one that has seen the future", async () => {
  using engine = await createEngine(net, wasm);
  using other = await createEngine(net, wasm);
  const recorder = engine.recorder({ x: { kind: "spikes", of: "n" } });
  expect(() => other.run(1, {}, { records: recorder })).toThrow("records: this recorder is of another engine");
  const start = engine.snapshot();
  engine.run(5, {}, { records: recorder });
  engine.restore(start);
  expect(() => engine.run(1, {}, { records: recorder })).toThrow(
    "steps up to 5 are recorded, and the engine stands at 0",
  );
  expect((await recorder.finish()).x!.ticks.length).toBe(3);
  expect(() => engine.run(1, {}, { records: recorder })).toThrow("records: this recorder has finished");
});
test("what a sink throws ends the run, and what came before stands", async () => {
  using engine = await createEngine(net, wasm);
  const memory = memorySink();
  let room = 2;
  const write = (chunk: RecordChunk): void => {
    if (room-- === 0) throw new Error("disk full");
    memory.write(chunk);
  };
  const sink = { ...memory, write };
  const recorder = engine.recorder({ v: { kind: "variable", of: "n.v", every: 1 } }, sink);
  expect(() => engine.run(100_000, {}, { records: recorder })).toThrow("disk full");
  expect(memory.finish().v!.ticks.length).toBe(2 * Math.floor(2 ** 13 / 3));
});
