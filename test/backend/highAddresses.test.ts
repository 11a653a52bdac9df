/** The same runs wherever in linear memory a program's buffers lie: addresses are unsigned, up to the last page, and beyond 4 GiB wide. */
import { describe, expect, test } from "vitest";
import { cuba } from "../../bench/workloads/simulation/cuba.ts";
import type { Simulation } from "../../bench/workloads/simulation/simulation.ts";
import { oneOutput } from "../../bench/workloads/simulation/songAbbott.ts";
import type { Backend } from "../../src/backend/backend.ts";
import { layout } from "../../src/backend/layout.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import type { Program } from "../../src/ir/program.ts";
import { connect } from "../../src/model/connection.ts";
import { outDegree, probability } from "../../src/model/connectivity.ts";
import { normal, uniform } from "../../src/model/initializer.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { needMemory64 } from "./memory64.ts";

const GIB = 2 ** 30;
/** Puts a buffer that nobody touches, which therefore costs nothing, before all others. */
function behind(bytes: (program: Program) => number, inner: Backend): Backend {
  return {
    name: inner.name,
    ...(inner.threads !== undefined && { threads: inner.threads }),
    load: (program) => {
      const room = { name: "room", type: "f64", length: Math.floor(bytes(program) / 8), role: "work" } as const;
      return inner.load({ ...program, buffers: [room, ...program.buffers] });
    },
  };
}
/** So that the middle of the program's own buffers lies at an address. */
const around = (address: number) => (program: Program) => address - layout(program, 1).bytes / 2;
/** So that the last page is the last of all. */
const atTheEnd = (end: number) => (program: Program) => end - Math.ceil(layout(program, 2).bytes / 65536 + 1) * 65536;

const cell = neuron({
  name: "cell",
  equations: "dv/dt = (1.2 - v) / (10*ms) : 1 (unless refractory)",
  spike: "v > 1",
  reset: "v = 0",
  refractory: "1 ms",
});
const delayed: Network = network({
  dt: "0.1 ms",
  populations: { n: population(500, cell, { initial: { v: uniform(0, 1) } }) },
  connections: [
    connect("n", "n", {
      name: "i8",
      connectivity: probability(0.1),
      weight: normal(0.01, 0.002),
      delay: uniform(1e-4, 2e-3),
      storage: "i8",
      port: "v",
    }),
    connect("n", "n", {
      name: "far",
      connectivity: outDegree(9),
      weight: -0.02,
      delay: uniform(1e-4, 3e-2),
      port: "v",
    }),
    connect("n", "n", {
      name: "drawn",
      connectivity: outDegree(7),
      weight: 0.01,
      delay: "1 ms",
      procedural: true,
      port: "v",
    }),
  ],
});

const NETWORKS: Readonly<Record<string, Pick<Simulation, "net" | "sources">>> = {
  rows: cuba(800, 0.05, 1),
  delayed: { net: delayed },
  dense: { net: dense() },
  plastic: oneOutput(1),
};
function dense(): Network {
  return network({
    dt: "1 ms",
    populations: { n: population(70, cell, { initial: { v: uniform(0, 1) } }) },
    connections: [connect("n", "n", { weight: normal(0, 0.1), delay: "1 ms", port: "v" })],
  });
}

describe.each(Object.entries(NETWORKS))("%s", (_name, { net, sources }) => {
  const digest = async (backend: Backend): Promise<string> => {
    using engine = await createEngine(net, backend, { seed: 1, ...(sources && { sources }) });
    const { spikes, digest } = engine.run(1000);
    expect(Object.values(spikes).some((s) => s.steps.length > 0)).toBe(true);
    return digest;
  };
  test.each<[string, (p: Program) => number]>([
    ["across 2 GiB", around(2 * GIB)],
    ["behind 3 GiB", () => 3 * GIB],
    ["up to 4 GiB", atTheEnd(4 * GIB)],
  ])("%s", async (_where, bytes) => {
    expect(await digest(behind(bytes, wasm))).toBe(await digest(wasm));
  });
  test.each<[string, (p: Program) => number]>([
    ["across 4 GiB", around(4 * GIB)],
    ["behind 6 GiB", () => 6 * GIB],
    ["up to 16 GiB", atTheEnd(16 * GIB)],
  ])("%s, on one thread and on two", async (_where, bytes) => {
    needMemory64();
    using two = threadedWasm(2);
    const expected = await digest(wasm);
    expect(await digest(behind(bytes, wasm))).toBe(expected);
    expect(await digest(behind(bytes, two))).toBe(expected);
  });
});
