import { describe, expect, test } from "vitest";
import { along, place } from "../../../src/ir/program.ts";
import { verifyProgram } from "../../../src/ir/verify.ts";
import { connect } from "../../../src/model/connection.ts";
import { oneToOne } from "../../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { batchNorm } from "../../../src/model/transform.ts";
import { copyStep, elementCall } from "../../../src/sim/lower/bodies.ts";
import { RUN } from "../../../src/sim/lower/context.ts";
import { overSteps } from "../../../src/sim/lower/contributions.ts";
import { forwardStages, lower, programOf } from "../../../src/sim/lower/lower.ts";
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
    transforms: { norm: batchNorm(size, "x", { epsilon }) },
    connections: [connect("norm", "n", { port: "i", weight: 1, connectivity: oneToOne, trainable: false })],
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
  const lowered = (batch: number, chunk: number, statistics?: "batch") =>
    lower(net, {
      ...{ type: "f64", mode: "samples", samples: chunk, steps, batch, shards: batch / chunk, record: [], seed: 0 },
      ...(statistics && { statistics }),
    } as const);

  test.each([1, 2, 4])("statistics of the batch, over samples and steps: chunks of %i samples", async (chunk) => {
    const l = lowered(samples, chunk, "batch");
    // Working memory serves several chunks in turn: what is to be seen is copied out of it.
    const { context: c } = l;
    const width = c.stride("norm");
    const seen = place(
      c.buffer("seen", "f64", samples * steps * width, "output"),
      0,
      ...[along("chunk", chunk * steps * width), along("s", steps * width), along("t", width)],
    );
    const row = { x: l.sources.values.get("norm.value")!.row(), out: seen };
    const stages = forwardStages(l, overSteps(c, [elementCall(copyStep("f64"), row, size)]));
    const body = stages.flatMap(({ chunk, meet }) => [...overChunks(l.context, [], chunk), ...meet]);
    const program = programOf("norm", l, [{ name: "run", body }]);
    verifyProgram(program);
    for (const backend of BACKENDS) {
      using e = await backend.load(program);
      const stride = l.context.stride("x");
      for (let r = 0; r < samples * steps; r++) e.array("x.value").set(x.slice(r * size, (r + 1) * size), r * stride);
      e.array("run")[RUN.steps] = steps;
      e.array(SHARDS.chunks).fill(1);
      e.array(SHARDS.first).set(Array.from({ length: samples / chunk }, (_, k) => k));
      e.array("chunk.samples").fill(chunk);
      new Memory(e, program).fill(l.context.contents);
      const { offset } = l.parameters.blocks.get("norm.gain")!;
      e.array("parameters").fill(1, offset, offset + size);
      e.run("prepare");
      e.run("run");
      const out = Array.from({ length: samples * steps }, (_, r) => [
        ...e.array("seen").subarray(r * stride, r * stride + size),
      ]).flat();
      expect(largest(out, normalised(x))).toBeLessThan(1e-13);
    }
    if (chunk === 2) expect(outline(program)).toMatchSnapshot();
  });
  test("a stream: the statistics that parameters say, however time is cut", async () => {
    const [gain, offset, mean, variance] = [2, -0.5, 0.3, 4];
    const one = (x: number): Float64Array => new Float64Array(size).fill(x);
    const parameters = {
      "norm.gain": one(gain),
      "norm.offset": one(offset),
      "norm.mean": one(mean),
      "norm.variance": one(variance),
    };
    const given = { type: "f64", samples, record: ["norm.value"], inputs: { x: { values: x } }, parameters } as const;
    const expected = x.map((v) => (gain * (v - mean)) / Math.sqrt(variance + epsilon) + offset);
    for (const block of [2, 8]) {
      const r = await run(net, steps, { ...given, block });
      expect(largest(r.values["norm.value"]!, expected)).toBeLessThan(1e-14);
    }
  });
  test("refused where there is no batch, or in a cycle", () => {
    const around = network({
      dt: 1,
      steps,
      populations: { n: population(2, lif()) },
      transforms: { norm: batchNorm(2, { node: "n", port: "v" }) },
      connections: [connect("norm", "n", { delay: 1 })],
    });
    const own = { type: "f32", samples: 1, steps, shards: 1, batch: 1, record: [], seed: 0 } as const;
    expect(() => lower(around, { ...own, mode: "samples", statistics: "batch" })).toThrow(
      "transform norm: its statistics need all samples first, and it stands in a cycle (n, norm): train with fptt()",
    );
    const each = network({
      dt: 1,
      steps,
      inputs: { x: inputNode(2, { signal: "values" }) },
      populations: { n: population(2, lif()) },
      transforms: { norm: batchNorm(2, "x", { over: "batch" }) },
      connections: [connect("norm", "n")],
    });
    expect(() => lower(each, { ...own, mode: "stream" })).toThrow(
      "transform norm: each step of a sample has statistics of its own, and an engine has no samples",
    );
  });
});
