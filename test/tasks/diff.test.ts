/** `diff` on files: artefacts, SONATA networks and trails, and what does not fit together. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { writeArtefact } from "../../src/io/artefact.ts";
import { writeSonataSpikes } from "../../src/io/sonata/spikes.ts";
import { writeSonata } from "../../src/io/sonata/write.ts";
import { connect } from "../../src/model/connection.ts";
import { inDegree } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { cubaLif } from "../../src/model/neuron/cubaLif.ts";
import type { Divergence } from "../../src/sim/divergence/divergence.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { type DiffOptions, diff } from "../../src/tasks/diff.ts";

const net = network({
  name: "pair",
  dt: "0.5 ms",
  steps: 200,
  inputs: { x: inputNode(4) },
  populations: {
    a: population(12, cubaLif({ refractory: "2 ms" }), { initial: { v: uniform(0, 3), i: uniform(0, 6) } }),
    b: population(7, cubaLif(), { initial: { i: uniform(0, 1) } }),
  },
  connections: [
    connect("x", "a", { connectivity: inDegree(2), weight: 2 }),
    connect("a", "b", { connectivity: inDegree(3), weight: 0.9, delay: 1 }),
  ],
});

let folder = "";
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rheobase-diff-"));
  const provenance = { version: "0", seed: 0, dataDigest: "", metrics: {}, trainingOptions: {} };
  await writeArtefact(at("net.h5"), { network: net, parameters: initialParameters(net, 0), classes: [], provenance });
  const inputs = { x: { steps: [10, 30, 31], indices: [0, 1, 2] } };
  await writeSonata(at("sonata"), net, { steps: 200, inputs });
  await writeSonata(at("silent"), net, { steps: 200 });
});
afterAll(() => rm(folder, { recursive: true }));

const found = async (options: Omit<DiffOptions, "fileA"> & { fileA?: string }) => {
  const report = await diff({ fileA: at("net.h5"), ...options });
  return { ...report, document: report.document as unknown as Divergence };
};

describe("runs", () => {
  test.each(["backend=interpret", "threads=2", "backend=wasm"])("%s: equal", async (b) => {
    const { equal, text, document } = await found({ b });
    expect(equal).toBe(true);
    expect(text).toMatch(/The runs are equal: 200 steps, [1-9]\d* spikes in 100 ms/);
    expect(document.steps).toBe(200);
  });
  test("what enters both is given as to simulate", async () => {
    const spikes = async (input?: string[]) =>
      (await found({ fileB: at("net.h5"), b: "backend=interpret", ...(input && { input }) })).document.spikes;
    const [silent, driven] = [await spikes(), await spikes(["x=100Hz"])];
    expect(driven.a).toBe(driven.b);
    expect(driven.a).toBeGreaterThan(silent.a);
    await expect(spikes(["y=1Hz"])).rejects.toThrow("the network has no input 'y'; known: x");
  });
  test("another seed: not equal, and where", async () => {
    const { equal, text, document } = await found({ a: "seed=1", b: "seed=2" });
    expect(equal).toBe(false);
    expect(document.parting).toMatchObject({ step: -1, population: "a", neuron: 0, variable: "v" });
    expect(text.replaceAll("\n", " ")).toContain(
      "The runs part before the first step: in 'v' of neuron 0 of 'a'. 12 neurons differ in it, and so do a.i, b.i.",
    );
  });
  test("SONATA networks: spikes of an input make the difference, when they arrive", async () => {
    const { document, text } = await found({
      fileA: at("sonata/simulation_config.json"),
      fileB: at("silent/simulation_config.json"),
    });
    expect(document.parting).toMatchObject({ step: 10, population: "a" });
    expect(text).toContain("in step 10, at 5 ms");
  });
  test("an artefact in steps of its own and in others: the spikes are not far apart", async () => {
    const { document, text } = await found({ a: "dtype=f64", b: "dtype=f64,dt=0.25ms", within: "2 ms" });
    expect(text).toContain("dt 0.00025 s");
    expect(document.spike).toBeUndefined();
    await expect(found({ b: "dt=0.3ms" })).rejects.toThrow("no whole number of steps of 0.0003 s");
  });
  test("a name of the catalogue", async () => {
    const { equal, text } = await found({ fileA: "cuba", duration: "5 ms", b: "threads=2" });
    expect([equal, text]).toEqual([true, expect.stringContaining("a  cuba: wasm, f32, seed 1")]);
  });
  test("the same network, as an artefact and as SONATA files", async () => {
    const { equal } = await found({ fileB: at("silent/simulation_config.json"), both: "seed=0" });
    expect(equal).toBe(true);
  });

  test("exact and clocked: spikes within a step of one another, and no closer", async () => {
    // The clocked run is late by up to a step, and what its spikes do as well: a chain of two populations, so two steps.
    const wide = await found({ a: "dtype=f64", b: "engine=exact", within: "1.01 ms" });
    expect(wide.equal).toBe(true);
    expect(wide.text).toMatch(/Spike by spike the runs are the same within 1.01 ms: [1-9]\d* spikes in 100 ms/);
    const close = await found({ a: "dtype=f64", b: "engine=exact", within: "0.01 ms" });
    expect(close.equal).toBe(false);
    expect(Math.abs(close.document.spike!.a! - close.document.spike!.b!)).toBeGreaterThan(1e-5);
  });
});

describe("trails", () => {
  test("saved, compared with a run of the same kind and of another", async () => {
    const saved = await found({ a: "seed=4", save: at("one.trail") });
    expect(saved.text).toContain("one.trail: 200 steps of ");
    const same = await found({ fileA: at("one.trail"), fileB: at("net.h5"), b: "seed=4,backend=interpret" });
    expect(same.equal).toBe(true);
    const files = [at("one.trail"), at("net.h5")] as const;
    expect((await found({ fileA: files[0], fileB: files[1] })).text).toContain("net.h5: wasm, f32, seed 4");
    expect((await found({ fileA: files[1], fileB: files[0] })).equal).toBe(true);
    const other = await found({ fileA: at("one.trail"), fileB: at("net.h5"), b: "seed=5" });
    expect([other.equal, other.document.parting!.step]).toEqual([false, -1]);
    await found({ a: "seed=5", save: at("two.trail") });
    expect((await found({ fileA: at("one.trail"), fileB: at("two.trail") })).equal).toBe(false);
  });
});

describe("files of spikes", () => {
  const run = { steps: 200, seed: 1 };
  beforeAll(async () => {
    using engine = await createEngine(net, wasm, { seed: run.seed });
    const { spikes } = engine.run(run.steps);
    const of = (name: string) => ({
      timestamps: Float64Array.from(spikes[name]!.steps, (k) => k / 2),
      nodeIds: Uint32Array.from(spikes[name]!.indices),
    });
    await writeSonataSpikes(at("both.h5"), { a: of("a"), b: of("b") });
    await writeSonataSpikes(at("one.h5"), { a: of("a") });
    const late = of("a");
    late.timestamps[3]! += 1.2; // out of order too
    await writeSonataSpikes(at("late.h5"), { a: late });
    await writeSonataSpikes(at("other.h5"), { c: of("a") });
  });
  test("are compared with a run, and with one another", async () => {
    const own = await found({ fileB: at("both.h5"), a: "seed=1" });
    expect([own.equal, own.document.spikes.a]).toEqual([true, own.document.spikes.b]);
    expect(own.text).toMatch(/within 0.5 ms: [1-9]\d* spikes in 100 ms/);
    expect((await found({ fileA: at("both.h5"), b: "seed=2", fileB: at("net.h5") })).equal).toBe(false);
    expect((await found({ fileA: at("both.h5"), fileB: at("both.h5") })).equal).toBe(true);
  });
  test("the spike that is late is found, in files that are not in order", async () => {
    const { spikes } = await engineSpikes();
    const moved = { time: spikes.a!.steps[3]! / 2000, neuron: spikes.a!.indices[3]! };
    const { document, equal } = await found({ fileA: at("one.h5"), fileB: at("late.h5") });
    expect(equal).toBe(false);
    expect(document.spike).toMatchObject({ population: "a", neuron: moved.neuron });
    expect(document.spike!.a).toBeCloseTo(moved.time, 12);
    expect((await found({ fileA: at("one.h5"), fileB: at("late.h5"), within: "1.3 ms" })).equal).toBe(true);
  });
  test("what is on one side alone is not compared, and said; nothing in common is refused", async () => {
    const { equal, text } = await found({ fileA: at("one.h5"), fileB: at("both.h5") });
    expect(equal).toBe(true);
    expect(text).toContain("Spikes of b are on one side alone, and not compared.");
    await expect(found({ fileA: at("one.h5"), fileB: at("other.h5") })).rejects.toThrow(
      /has no population in common with .*other.h5: a here, c there/,
    );
    await expect(found({ fileA: at("one.h5"), a: "seed=1" })).rejects.toThrow("holds spikes: nothing of it is run");
    await expect(found({ fileA: at("one.h5"), save: "x.trail" })).rejects.toThrow("of a clocked run");
  });
  async function engineSpikes() {
    using engine = await createEngine(net, wasm, { seed: run.seed });
    return engine.run(run.steps);
  }
});

describe("what does not fit is refused as bad usage", () => {
  test.each<[string, Partial<DiffOptions>, RegExp]>([
    [
      "a file of another kind",
      { fileA: "x.txt" },
      /x.txt: neither a simulation \(cuba, .*\) nor a file that ends in .ts, .*.json, .trail/,
    ],
    ["a word that is none", { b: "speed=3" }, /--b speed=3: expected NAME=VALUE with a name of backend, dt, dtype/],
    ["a value that is none", { b: "dtype=f16" }, /--b dtype=f16: must be one of f32, f64, got 'f16'/],
    ["a word twice", { b: "seed=1,seed=2" }, /seed=2: is given twice/],
    ["threads of the interpreter", { b: "backend=interpret,threads=2" }, /one thread/],
    ["types of the exact engine", { b: "engine=exact,dtype=f32" }, /runs in f64/],
    ["a task to train", { fileA: "digits" }, /is a task to train/],
    ["half a step", { duration: "0.75 ms" }, /whole number of steps/],
    ["no time", { duration: "0 s" }, /must be above 0/],
    ["times of steps", { within: "1 ms" }, /--within: is of times of spikes/],
    ["a time without a unit", { within: "3" }, /--within: '3' needs a unit/],
    ["a time below 0", { b: "engine=exact", within: "-1 ms" }, /--within: must be a time from 0 s on, got '-1 ms'/],
    ["a tolerance of times", { b: "engine=exact", tolerance: 1e-3 }, /--within is of times/],
    ["a trail that is compared while it is saved", { save: "x.trail", b: "seed=1" }, /compares none/],
    ["a trail under another name", { save: "x.h5" }, /ends in .trail/],
    ["a trail of an exact run", { save: "x.trail", a: "engine=exact" }, /of a clocked run/],
  ])("%s", async (_, options, message) => {
    const refused = diff({ fileA: at("net.h5"), ...options });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ name: "UsageError" });
  });
  test("settings of a trail, and more of it than there is", async () => {
    await found({ save: at("three.trail"), duration: "10 ms" });
    await expect(diff({ fileA: at("three.trail"), a: "seed=1" })).rejects.toThrow("is a trail: it was run as it was");
    await expect(diff({ fileA: at("three.trail"), fileB: at("net.h5"), duration: "20 ms" })).rejects.toThrow(
      "the trail is 10 ms long",
    );
    await expect(diff({ fileA: at("three.trail"), fileB: at("net.h5"), b: "engine=exact" })).rejects.toThrow(
      "compare two runs",
    );
    await expect(diff({ fileA: at("none.h5") })).rejects.toThrow("there is no such file");
  });
});
