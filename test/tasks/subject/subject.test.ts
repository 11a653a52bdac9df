/** One network under every name that it can be run by, and that both commands take it for the same. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { writeArtefact } from "../../../src/io/artefact.ts";
import { writeSonata } from "../../../src/io/sonata/write.ts";
import { connect } from "../../../src/model/connection.ts";
import { inDegree } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { cubaLif } from "../../../src/model/neuron/cubaLif.ts";
import type { SimulateDocument } from "../../../src/report/document.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { initialParameters } from "../../../src/sim/lower/parameters.ts";
import { diff } from "../../../src/tasks/diff.ts";
import type { SimulationOptions } from "../../../src/tasks/simulation/options.ts";
import { simulateTask } from "../../../src/tasks/simulation/simulate.ts";
import { subjectOf } from "../../../src/tasks/subject/subject.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-subject-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

const make = (dt: string | number = "0.5 ms"): Network =>
  network({
    dt,
    schedule: "nest",
    inputs: { x: inputNode(4) },
    populations: { a: population(12, cubaLif({ refractory: "2 ms" }), { initial: { v: uniform(0, 3) } }) },
    connections: [connect("x", "a", { connectivity: inDegree(2), weight: 3, delay: "1 ms" })],
  });
const net = make();
const inputs = { x: { steps: [10, 30, 31, 90], indices: [0, 1, 2, 3] } };
const CONFIG = at("sonata/simulation_config.json");

/** A module hands out what stands on the global object: how modules make their own is for `module.test.ts`. */
const shared = globalThis as unknown as { subject: { net: Network; inputs: object; make: typeof make } };
function module(name: string, text: string): string {
  writeFileSync(at(name), `const given: any = (globalThis as any).subject;\n${text}`);
  return at(name);
}
beforeAll(async () => {
  shared.subject = { net, inputs, make };
  await writeSonata(at("sonata"), net, { steps: 100, seed: 3, inputs });
  const provenance = { version: "0", seed: 0, dataDigest: "", metrics: {}, trainingOptions: {} };
  const parameters = initialParameters(net, 3);
  await writeArtefact(at("net.h5"), { network: net, parameters, classes: [], provenance });
});

async function simulate(target: string, options: Partial<SimulationOptions> = {}) {
  const report = await simulateTask({ target, threads: 1, ...options }, () => {});
  return { ...report, d: report.document as unknown as SimulateDocument };
}
/** What an engine says that nobody has helped. */
async function digestOf(n: Network, seed: number, steps: number): Promise<string> {
  using engine = await createEngine(n, wasm, { seed });
  return engine.run(steps, inputs).digest;
}
const MODULE = `
  export const network: object = given.net;
  export const inputs: object = given.inputs;
  export const duration = "50 ms" as const;
  export const record = ["a.v[0]"];`;

describe("SONATA configurations", () => {
  test("run with their inputs, as long as they say, in their steps", async () => {
    const { d, text } = await simulate(CONFIG, { seed: 3 });
    expect([d.duration, d.simulated, d.dt]).toEqual([0.05, 0.05, 5e-4]);
    expect(d.digest).toBe(await digestOf(net, 3, 100));
    expect(d.work.inputSpikes).toBe(4);
    expect(d.populations[0]!.spikes).toBeGreaterThan(12);
    expect(text).toContain("x (4): 4 spikes as given");
  });
  test("inputs that are asked for go before theirs, and so do duration and step", async () => {
    const { d } = await simulate(CONFIG, { input: ["x=every 10ms"], duration: "35ms", dt: "0.25ms" });
    expect([d.dt, d.simulated, d.work.inputSpikes]).toEqual([2.5e-4, 0.035, 4 * 3]);
    expect((await simulate(CONFIG, { dt: "0.25ms" })).d.work.inputSpikes).toBe(4);
  });
  test("their seed, where none is asked for; the report's command names it", async () => {
    const config = JSON.parse(readFileSync(CONFIG, "utf8"));
    writeFileSync(at("sonata/seeded.json"), JSON.stringify({ ...config, run: { ...config.run, random_seed: 77 } }));
    const { d } = await simulate(at("sonata/seeded.json"));
    expect([d.seed, d.provenance.command]).toEqual([77, expect.stringContaining("--seed 77")]);
    expect((await simulate(at("sonata/seeded.json"), { seed: 5 })).d.seed).toBe(5);
    expect((await simulate(at("net.h5"), { duration: "5 ms" })).d.seed).toBe(1);
    const { text } = await diff({ fileA: at("sonata/seeded.json"), b: "seed=5", duration: "5 ms" });
    expect(text).toMatch(/seed 77\n.*seed 5\n/);
  });
  test("what is read otherwise than it stands is told by both", async () => {
    const config = JSON.parse(readFileSync(CONFIG, "utf8"));
    const short = { ...config, run: { ...config.run, tstop: 20 } };
    writeFileSync(at("sonata/short.json"), JSON.stringify(short));
    const note = /1 spikes of 'x' at or after tstop: left out\./;
    expect((await simulate(at("sonata/short.json"))).d.notes.join("\n")).toMatch(note);
    const { text, document } = await diff({ fileA: at("sonata/short.json") });
    expect(text.replaceAll("\n", " ")).toMatch(note);
    expect((document as unknown as { notes: string[] }).notes).toHaveLength(1);
  });
  test("another file in JSON is refused with its name", async () => {
    writeFileSync(at("other.json"), "{}");
    await expect(simulate(at("other.json"))).rejects.toThrow("other.json");
  });
});

describe("the same to both commands", () => {
  test.each(["module.ts", "made.mts"])(
    "a module in TypeScript and the SONATA files of its network: %s",
    async (name) => {
      const made = `export default ({ dt }: { dt?: number }) => ({ network: given.make(dt), inputs: given.inputs });
      export const duration = 0.05;`;
      const file = module(name, name === "module.ts" ? MODULE : made);
      const { d } = await simulate(file, { seed: 3 });
      expect([d.duration, d.digest]).toEqual([0.05, await digestOf(net, 3, 100)]);
      const { equal, text } = await diff({ fileA: file, fileB: CONFIG, both: "seed=3" });
      expect([equal, text]).toEqual([true, expect.stringContaining("The runs are equal: 100 steps")]);
    },
  );
  test("another step", async () => {
    const file = module("step.ts", MODULE);
    const found = await subjectOf(file, { seed: 1, dt: 2.5e-4 });
    expect([found.net.dt, found.net.connections[0]!.delay]).toEqual([2.5e-4, 4]);
    // Inputs in steps are of the network as it is run.
    expect(found.given.data.get("x")).toMatchObject({ times: Float64Array.of(10, 30, 31, 90).map((k) => k * 2.5e-4) });
  });
  test.each<[string, string, RegExp]>([
    ["inputs that there are not", "inputs = { y: {} }", /inputs\.y: no such input; known: x/],
    ["values for spikes", "inputs = { x: { values: [1] } }", /inputs\.x: takes spikes/],
    ["a neuron that there is not", "inputs = { x: { times: [0], indices: [4] } }", /must be from 0 to 3, got 4/],
    ["no time at all", "duration = 0", /\.duration: must be above 0 and finite, got 0/],
    ["a duration without end", "duration = Infinity", /\.duration: must be above 0 and finite/],
    ["a duration in mV", 'duration = "3 mV"', /\.duration: expected a quantity in s/],
    ["a list for a duration", "duration = [1]", /\.duration: must be text/],
    ["a number to record", "record = 3", /\.record: must be text/],
  ])("%s: refused in the same words", async (name, text, problem) => {
    const file = module(
      `${name.replaceAll(" ", "-")}.ts`,
      `export const network: object = given.net;\nexport const ${text};`,
    );
    await expect(simulate(file)).rejects.toThrow(problem);
    await expect(diff({ fileA: file })).rejects.toThrow(problem);
  });
});

test("values of fewer steps than the run has are refused by both", async () => {
  const driven = network({
    dt: "1 ms",
    inputs: { level: inputNode(2, { signal: "values" }) },
    populations: { a: population(2, cubaLif()) },
    connections: [connect("level", "a")],
  });
  shared.subject = { ...shared.subject, net: driven, inputs: { level: { values: [1, 2, 3, 4] } } };
  const file = module(
    "few.ts",
    "export const network: object = given.net; export const inputs: object = given.inputs; export const duration = 3e-3;",
  );
  const problem = "inputs.level: has values of 2 steps, and the run has 3 steps";
  await expect(simulate(file)).rejects.toThrow(problem);
  await expect(diff({ fileA: file })).rejects.toThrow(problem);
  expect((await diff({ fileA: file, duration: "2 ms" })).equal).toBe(true);
});
