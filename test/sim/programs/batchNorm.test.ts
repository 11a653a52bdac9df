import { describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { verifyProgram } from "../../../src/ir/verify.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { batchNorm } from "../../../src/model/transform.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { RUN } from "../../../src/sim/lower/context.ts";
import { forwardNodes, lower, programOf } from "../../../src/sim/lower/lower.ts";
import { overChunks, SHARDS } from "../../../src/sim/lower/shards.ts";
import { Memory } from "../../../src/sim/memory.ts";
import { BACKENDS, numbers, run } from "../run.ts";
import { largest, outline } from "./tools.ts";

describe("batch normalisation over batch and time", () => {
  const [size, steps, samples, epsilon] = [3, 5, 4, 1e-3];
  const net = network({
    name: "norm",
    dt: 1,
    steps,
    inputs: { x: inputNode(size, { signal: "values" }) },
    populations: { n: population(size, lif()) },
    transforms: { norm: batchNorm(size, "x", epsilon) },
    connections: [connect("norm", "n", { port: "i", weight: 1, connectivity: oneToOne })],
  });
  const x = Array.from({ length: samples * steps * size }, numbers(31)).map((v, k) => v * 3 + (k % size));
  /** (x - mean) / sqrt(variance + epsilon), each channel over all `count` rows (Ioffe and Szegedy 2015, eq. 1 to 3). */
  const normalised = (rows: readonly number[]): number[] => {
    const count = rows.length / size;
    const of = (k: number): number[] => rows.filter((_, at) => at % size === k);
    const mean = Array.from({ length: size }, (_, k) => of(k).reduce((a, b) => a + b, 0) / count);
    const variance = mean.map((m, k) => of(k).reduce((sum, v) => sum + (v - m) ** 2, 0) / count);
    return rows.map((v, at) => (v - mean[at % size]!) / Math.sqrt(variance[at % size]! + epsilon));
  };
  const lowered = (batch: number, chunk: number) =>
    lower(net, { type: "f64", mode: "samples", samples: chunk, steps, batch, shards: 1, record: [], seed: 0 });

  test("samples from their beginning: statistics over samples and steps", async () => {
    const l = lowered(samples, samples);
    const program = programOf("norm", l, [{ name: "run", body: overChunks(l.context, [], forwardNodes(l)) }]);
    verifyProgram(program);
    for (const backend of BACKENDS) {
      using e = await backend.load(program);
      const stride = l.context.stride("x");
      for (let r = 0; r < samples * steps; r++) e.array("x.value").set(x.slice(r * size, (r + 1) * size), r * stride);
      e.array("run")[RUN.steps] = steps;
      e.array(SHARDS.chunks)[0] = 1;
      e.array("chunk.samples").set([samples]);
      new Memory(e, program).fill(l.context.contents);
      e.run("prepare");
      e.run("run");
      const out = Array.from({ length: samples * steps }, (_, r) => [
        ...e.array("norm.out.value").subarray(r * stride, r * stride + size),
      ]).flat();
      expect(largest(out, normalised(x))).toBeLessThan(1e-13);
    }
    expect(outline(program)).toMatchSnapshot();
  });
  test("a stream: statistics over a run, which must be one block", async () => {
    const r = await run(net, steps, { type: "f64", samples, record: ["norm.value"], inputs: { x: { values: x } } });
    expect(largest(r.values["norm.value"]!, normalised(x))).toBeLessThan(1e-13);
    using e = await createEngine(net, wasm, { block: 4 });
    expect(() => e.run(5)).toThrow("steps: batch normalisation sees a whole run: at most 4 (option block)");
  });
  test("refused where the batch is not at hand, or in a cycle", () => {
    expect(() => lowered(samples, 2)).toThrow("transform norm: batch normalisation needs the whole batch in one chunk");
    const around = network({
      dt: 1,
      populations: { n: population(2, lif()) },
      transforms: { norm: batchNorm(2, { node: "n", port: "v" }) },
      connections: [connect("norm", "n", { delay: 1 })],
    });
    expect(() =>
      lower(around, { type: "f32", mode: "stream", samples: 1, steps: 4, shards: 1, batch: 1, record: [], seed: 0 }),
    ).toThrow("transform norm: batch normalisation needs all steps at once, and so cannot lie in a cycle");
  });
});
