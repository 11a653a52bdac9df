/**
 * Recording and analysis: a perfect integrator that fires at every fourth spike of its Poisson input is a gamma process of
 * order 4. Spikes and membranes go to a SONATA file while the simulation runs; what they tell is held against closed forms.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createEngine, inputNode, network, neuron, oneToOne, population, wasm } from "rheobase";
import { autoCorrelogram, cv, fanoFactors, lv, meanRates, spikeSpectrum, spikeTrains } from "rheobase/analysis";
import { sonataSink } from "rheobase/io";
import { memorySink, poissonSource, type Sink } from "rheobase/sim";

const [size, order, input, dt, seconds] = [50, 4, 400, 1e-4, 20];
const counter = neuron({
  name: "counter",
  equations: "dv/dt = 0*v/second : 1",
  parameters: {},
  spike: "v > 0.99",
  reset: "v = 0",
});
const net = network({
  dt,
  inputs: { drive: inputNode(size) },
  populations: { cells: population(size, counter) },
  connections: [connect("drive", "cells", { connectivity: oneToOne, port: "v", weight: 1 / order })],
});
const records = {
  spikes: { kind: "spikes", of: "cells" },
  v: { kind: "variable", of: "cells.v", neurons: [0, 1, 2], every: "1 ms", windows: [{ from: "1 s", to: "2 s" }] },
} as const;

async function recorded<R>(sink: Sink<R>): Promise<R> {
  using engine = await createEngine(net, wasm, { records, sources: { drive: poissonSource(input) }, seed: 1 });
  const recorder = engine.recorder(records, sink);
  for (let second = 0; second < seconds; second++) engine.run(Math.round(1 / dt), {}, { records: recorder });
  return recorder.finish();
}

const folder = mkdtempSync(join(tmpdir(), "rheobase-example-"));
const files = await recorded(await sonataSink(join(folder, "run.h5")));
console.log(`${files.length} file, there: ${files.every((file) => existsSync(file))}`);
rmSync(folder, { recursive: true });

const { spikes, v } = await recorded(memorySink());
if (v!.ticks.length !== 1000 || v!.values.length !== 3000)
  throw new Error("a second of three membranes, one a millisecond");

const trains = spikeTrains(spikes!, { size, to: seconds, dt });
const mean = (xs: ArrayLike<number>): number => Array.from(xs).reduce((a, b) => a + b, 0) / xs.length;
/** At most a spike a step: the intervals of the input are geometric, with 1 - p of an exponential's variance. */
const p = input * dt;
const { power } = await spikeSpectrum(trains, 1e-3, { segment: 1024 });
const { lags, counts, expected } = autoCorrelogram(trains, 0, { bin: 1e-3, longest: 0.1 });
const after = (from: number, to: number): number[] => [...counts].filter((_, k) => lags[k]! >= from && lags[k]! <= to);

const found: readonly (readonly [name: string, value: number, closed: number, within: number])[] = [
  ["rate (1/s)", mean(meanRates(trains)), input / order, 0.5],
  ["CV", mean(trains.trains.map((t) => cv(t))), Math.sqrt((1 - p) / order), 0.01],
  ["LV, of continuous time", mean(trains.trains.map((t) => lv(t))), 3 / (2 * order + 1), 0.02],
  ["Fano factor of 0.5 s", mean(fanoFactors(trains, 0.5)), (1 - p) / order, 0.05],
  ["spectrum at 1 to 3 Hz", mean(power.slice(1, 4)), ((1 - p) * input) / order ** 2, 3],
];
for (const [name, value, closed, within] of found) {
  console.log(`${name}: ${value.toFixed(3)}, in closed form ${closed.toFixed(3)}`);
  if (!(Math.abs(value - closed) < within)) throw new Error(`${name} is off by more than ${within}`);
}
console.log(
  `just after a spike, of ${expected[0]!.toFixed(0)} that chance would bring a bin: ${mean(after(0, 0.001)).toFixed(0)}`,
);
if (!(mean(after(0, 0.001)) < 0.2 * mean(after(0.05, 0.1)))) throw new Error("a spike is not soon followed by another");
