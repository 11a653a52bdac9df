/**
 * Runs a small network for days of model time, recorded to a file all the while, and says what memory that took.
 *
 *   tsx scripts/soak.ts [days of model time, default 7] [file, default none is kept]
 */
import { rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wasm } from "../src/backend/wasm/wasm.ts";
import { recordLog } from "../src/io/records/log.ts";
import { connect } from "../src/model/connection.ts";
import { inDegree } from "../src/model/connectivity.ts";
import { uniform } from "../src/model/initializer.ts";
import { inputNode, network, population } from "../src/model/network.ts";
import { neuron } from "../src/model/neuron.ts";
import { createEngine } from "../src/sim/engine.ts";
import type { Records } from "../src/sim/records/spec.ts";
import { poissonSource } from "../src/sim/spikeSource.ts";

const days = Number(process.argv[2] ?? 7);
const path = process.argv[3] ?? join(tmpdir(), `soak-${process.pid}.log`);
const dt = 1e-3;
const steps = Math.round((days * 86_400) / dt);
const REPORTS = 20;

const cell = neuron({
  name: "cell",
  equations: "dv/dt = (g - v) / (20*ms) : 1 (unless refractory)\ndg/dt = -g / (5*ms) : 1",
  spike: "v > 1",
  reset: "v = 0",
  refractory: "2 ms",
});
const net = network({
  dt,
  inputs: { drive: inputNode(4) },
  populations: { cell: population(4, cell, { initial: { v: uniform(0, 1) } }) },
  connections: [
    connect("drive", "cell", { connectivity: inDegree(1), port: "g", weight: 6, delay: "1 ms" }),
    connect("cell", "cell", { connectivity: inDegree(1), port: "g", weight: 0.5, delay: "5 ms" }),
  ],
});
const records: Records = {
  spikes: { kind: "spikes", of: "cell" },
  v: { kind: "variable", of: "cell.v", every: "10 s" },
  rate: { kind: "rate", of: "cell", bin: "60 s" },
  weights: { kind: "synapses", of: "cell>cell.g", every: "3600 s" },
  newest: { kind: "variable", of: "cell.g", every: "10 s", last: 1000 },
  around: {
    kind: "variable",
    of: "cell.g",
    every: "1 s",
    trigger: { on: { test: ({ step }) => step % 3_600_000 === 0, every: "60 s" }, before: "30 s", after: "30 s" },
  },
};

const memory = (): { rss: number; held: number } => {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rss: rss / 1e6, held: (heapUsed + arrayBuffers) / 1e6 };
};

using engine = await createEngine(net, wasm, { block: 4096, seed: 1, sources: { drive: poissonSource(5) } });
const recorder = engine.recorder(records, await recordLog(path));
const start = performance.now();
for (let k = 1; k <= REPORTS; k++) {
  // One run of many steps each: nothing is handed back, and nothing may grow.
  engine.run(Math.round((steps * k) / REPORTS) - engine.stepsDone, {}, { records: recorder });
  const { rss, held } = memory();
  const seconds = (performance.now() - start) / 1000;
  console.log(
    `${((engine.stepsDone * dt) / 86_400).toFixed(2)} days, ${engine.stepsDone.toExponential(2)} steps in ${seconds.toFixed(0)} s: ${rss.toFixed(0)} MB resident, ${held.toFixed(1)} MB held`,
  );
}
await recorder.finish();
console.log(`${(statSync(path).size / 1e6).toFixed(1)} MB written, digest ${engine.digest}`);
if (process.argv[3] === undefined) rmSync(path);
