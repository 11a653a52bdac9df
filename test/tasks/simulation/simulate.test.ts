/** Simulations from end to end: what is found is what was put in, whatever the engine, the pieces and the files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { DataError } from "../../../src/base/errors.ts";
import { library, withFile } from "../../../src/base/hdf5.ts";
import { writeArtefact } from "../../../src/io/artefact.ts";
import { connect } from "../../../src/model/connection.ts";
import { inputNode, type Network, network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { denseLayer, input, neurons, readout, sequential } from "../../../src/model/sequential.ts";
import type { SimulateDocument } from "../../../src/report/document.ts";
import { pageOf } from "../../../src/report/html/page.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { initialParameters } from "../../../src/sim/lower/parameters.ts";
import type { SimulationOptions } from "../../../src/tasks/simulation/options.ts";
import { simulateTask } from "../../../src/tasks/simulation/simulate.ts";
import { requireLines, valueFilesOf } from "../../../src/tasks/simulation/valueFiles.ts";
import { cuba } from "../../../src/tasks/subject/networks/cuba.ts";
import { isSaid, known, sayings, wordsOf } from "../../report/numbers.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-simulate-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

async function simulate(target: string, options: Partial<SimulationOptions> = {}) {
  const report = await simulateTask({ target, seed: 1, threads: 1, ...options }, () => {});
  return { ...report, d: report.document as unknown as SimulateDocument };
}
/** A module that hands out a network of ours: how modules make their own is for `module.test.ts`, and takes its time. */
const made: Network[] = ((globalThis as { simulated?: Network[] }).simulated = []);
function module(net: Network): string {
  const file = at(`${crypto.randomUUID()}.ts`);
  writeFileSync(file, `export const network: object = (globalThis as any).simulated[${made.push(net) - 1}];`);
  return file;
}
/** A report in SONATA's layout, by the library alone. */
async function reportOf(path: string) {
  const h5 = await library();
  const read = (name: string) => {
    h5.FS!.writeFile(name, readFileSync(path));
    const file = new h5.File(name, "r");
    const of = (set: string): number[] =>
      Array.from((file.get(`report/e/${set}`) as InstanceType<typeof h5.Dataset>).value as Float64Array, Number);
    const found = { values: of("data"), nodes: of("mapping/node_ids"), time: of("mapping/time") };
    file.close();
    return found;
  };
  return withFile(h5, read, (why) => new DataError("bad-file", path, why));
}
interface Cell {
  readonly equations: string;
  readonly reset?: string;
  readonly size?: number;
  readonly dt?: string;
  /** Elements of an input `drive`, each of which is joined to all neurons with a weight of 2. */
  readonly drive?: number;
}
function networkOf({ equations, reset = "v = 0", size = 4, dt = "0.1 ms", drive }: Cell): Network {
  const cell = neuron({ name: "cell", equations, spike: "v > 1", reset, method: "euler" });
  return network({
    dt,
    populations: { e: population(size, cell) },
    ...(drive && {
      inputs: { drive: inputNode(drive) },
      connections: [connect("drive", "e", { port: "v", weight: 2 })],
    }),
  });
}

describe("a named network", () => {
  test("spikes are those of the engine, however the run was cut into pieces", async () => {
    const { d } = await simulate("cuba", { duration: "200ms", out: [at("cuba.json")] });
    using engine = await createEngine(cuba(), wasm, { seed: 1 });
    const { spikes, digest } = engine.run(2000);
    expect(d.digest).toBe(digest);
    expect(d.populations.map((p) => p.spikes)).toEqual([spikes.e!.steps.length, spikes.i!.steps.length]);
    const [e] = d.rasters!.rasters;
    expect(e!.steps).toEqual([...spikes.e!.steps]);
    expect(e!.neurons).toEqual([...spikes.e!.indices]);
    let events = 0;
    for (const [node, connections] of [
      ["e", ["e>e.ge", "e>i.ge"]],
      ["i", ["i>e.gi", "i>i.gi"]],
    ] as const)
      for (const c of connections) {
        const degrees = new Uint32Array(4000);
        for (const k of engine.synapses(c).source!) degrees[k]!++;
        for (const k of spikes[node]!.indices) events += degrees[k]!;
      }
    expect(d.work).toMatchObject({ synapticEvents: events, neuronUpdates: 4000 * 2000 });
    expect(d.rate).toBeCloseTo((spikes.e!.steps.length + spikes.i!.steps.length) / 4000 / 0.2, 9);
    expect(d.health).toEqual([]);
    expect(d.known).toBeUndefined(); // too short
  });

  test("--dt, --dtype and --seed change the run; --threads does not", async () => {
    const digest = async (options: Partial<SimulationOptions>) =>
      (await simulate("cuba", { duration: "50 ms", ...options })).d.digest;
    const plain = await digest({});
    expect(await digest({ threads: 2 })).toBe(plain);
    const others = [await digest({ dt: "0.05ms" }), await digest({ dtype: "f64" }), await digest({ seed: 2 })];
    expect(new Set([plain, ...others]).size).toBe(4);
  });

  test("recorded in every step, and looked at between steps: the same numbers", async () => {
    // Read in every step, in every step and thinned, and between stops.
    const options = { duration: "100ms", record: ["e.v[5,70]", "e.v[5,70]@0.5ms", "e.v[5,70]@2.5ms"] };
    const { d } = await simulate("cuba", options);
    const [fine, , middle, , coarse] = [0, 1, 2, 3, 4].map((k) => d.traces[k]!);
    expect(d.traces.map((t) => [t.neuron, t.times.length])).toEqual([
      [5, 1000],
      [70, 1000],
      [5, 200],
      [70, 200],
      [5, 40],
      [70, 40],
    ]);
    expect(middle!.values).toEqual(fine!.values.filter((_, k) => (k + 1) % 5 === 0));
    expect(middle!.times).toEqual(fine!.times.filter((_, k) => (k + 1) % 5 === 0));
    expect(coarse!.values).toEqual(fine!.values.filter((_, k) => (k + 1) % 25 === 0));
    expect(coarse!.times).toEqual(fine!.times.filter((_, k) => (k + 1) % 25 === 0));
    expect(coarse!.times[0]).toBeCloseTo(2.5e-3, 12);
    expect(fine!.threshold).toBeCloseTo(-0.05, 12);
    expect(fine!.unit).toBe("V");
  });

  test("the exact engine finds the same network within what chaos leaves: rates", async () => {
    const { d } = await simulate("cuba", { engine: "exact", duration: "100ms", record: ["e.v[0]@10ms"] });
    const clocked = (await simulate("cuba", { duration: "100ms" })).d;
    expect(d.engine).toBe("exact");
    expect(Math.abs(d.rate / clocked.rate - 1)).toBeLessThan(0.15);
    expect(d.traces[0]!.times).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => k * 100 * 1e-4));
  });
});

describe("files", () => {
  test("HDF5, CSV and data hold the same spikes, in ms, s and steps", async () => {
    const out = [at("s.h5"), at("s.csv"), at("s.json"), at("s.html")];
    const { d, text } = await simulate("cuba", { duration: "30ms", out });
    expect(text).toContain(`saved to ${out[0]}`);
    const [e] = d.rasters!.rasters;
    const rows = readFileSync(out[1]!, "utf8").trimEnd().split("\n");
    expect(rows[0]).toBe("population,neuron,time");
    expect(rows.length - 1).toBe(d.work.spikes);
    const ofE = rows.filter((r) => r.startsWith("e,")).map((r) => r.split(","));
    expect(ofE.map((r) => Number(r[1]))).toEqual(e!.neurons);
    expect(ofE.map((r) => r[2])).toEqual(e!.steps.map((s) => String(s / 10_000))); // decimal, as a user would write it
    const h5 = await library();
    const read = (name: string) => {
      h5.FS!.writeFile(name, readFileSync(out[0]!));
      const file = new h5.File(name, "r");
      const times = (file.get("spikes/e/timestamps") as InstanceType<typeof h5.Dataset>).value as Float64Array;
      file.close();
      return [...times];
    };
    const times = withFile(h5, read, (why) => new DataError("bad-file", "s.h5", why));
    expect(times).toEqual(e!.steps.map((s) => s / 10));
    expect(JSON.parse(readFileSync(out[2]!, "utf8")).digest).toBe(d.digest);
    expect(readFileSync(out[3]!, "utf8")).toContain("<!doctype html>");
    expect(readdirSync(folder).filter((f) => f.endsWith(".tmp"))).toEqual([]);
  });

  test.each(["clocked", "exact"] as const)(
    "what is recorded goes to files beside those of spikes: %s",
    async (engine) => {
      const name = (file: string): string => at(`${engine}.${file}`);
      const out = [name("h5"), name("csv"), name("json")];
      const record = ["e.v[3,5]@1ms", "e.ge[0..1]@2ms", "e.v[7]@5ms", "e>i.ge.w"];
      const { d, text } = await simulate("cuba", { engine, duration: "20ms", record, out });
      const files = ["e.v.h5", "e.ge.h5", "e.v-2.h5", "e.v.csv", "e.ge.csv", "e.v-2.csv"].map(name);
      for (const file of files) expect(text).toContain(`saved to ${file}`);
      expect(d.files.filter((f) => f.startsWith(name("e-i")))).toEqual(
        engine === "exact" ? [] : [name("e-i.ge.w.h5"), name("e-i.ge.w.csv")],
      );
      // What the document rounds to six digits.
      const short = (rows: readonly (readonly number[])[]) =>
        rows.map((row) => row.map((x) => Number(x.toPrecision(6))));
      for (const [k, [file, traces]] of [
        ["e.v", d.traces.slice(0, 2)],
        ["e.ge", d.traces.slice(2, 4)],
        ["e.v-2", d.traces.slice(4)],
      ].entries() as ArrayIterator<[number, [string, typeof d.traces]]>) {
        const [head, ...rows] = readFileSync(name(`${file}.csv`), "utf8")
          .trimEnd()
          .split("\n");
        expect(head).toBe(["time,e.v[3],e.v[5]", "time,e.ge[0],e.ge[1]", "time,e.v[7]"][k]);
        const cells = rows.map((row) => row.split(",").map(Number));
        expect(short(cells.map((row) => row.slice(1)))).toEqual(
          traces[0]!.values.map((_, r) => traces.map((t) => t.values[r]!)),
        );
        expect(cells.map((row) => Number(row[0]!.toPrecision(12)))).toEqual(
          traces[0]!.times.map((t) => Number(t.toPrecision(12))),
        );
        const { values, nodes, time } = await reportOf(name(`${file}.h5`));
        expect(values).toEqual(cells.flatMap((row) => row.slice(1)));
        expect(nodes).toEqual(traces.map((t) => t.neuron));
        expect(time[0]).toBeCloseTo(1000 * traces[0]!.times[0]!, 9);
        expect(time[2]).toBeCloseTo([1, 2, 5][k]!, 9);
      }
      if (engine === "exact") return;
      const [head, ...weights] = readFileSync(name("e-i.ge.w.csv"), "utf8").trimEnd().split("\n");
      expect(weights.map((row) => row.split(",")[0])).toEqual(["0", "0.02"]);
      for (const row of weights) expect(row.split(",").length).toBe(head!.split(",").length);
      using fresh = await createEngine(cuba(), wasm, { seed: 1 });
      const { source, target } = fresh.synapses("e>i.ge") as Record<"source" | "target", Uint32Array>;
      const ends = Array.from(source, (s, k) => `e>i.ge.w[${k}] ${s}>${target[k]}`);
      expect(head).toBe(["time", ...ends].join(","));
    },
  );
  test("a line of CSV has an end", () => {
    const plan = { values: [], synapses: [{ connection: "s", variable: "w" }] };
    const files = valueFilesOf(
      [
        { file: "x.csv", kind: "table" },
        { file: "x.h5", kind: "spikes" },
      ],
      plan,
    );
    requireLines(files, [{ length: 5e6 }]);
    expect(() => requireLines(files, [{ length: 5e6 + 1 }])).toThrow(
      "x.s.w.csv: would have a column for each of 5000001 synapses, and 5000000 is the most: let --out name an .h5",
    );
  });
  test("a file that is also what a record goes to is refused", async () => {
    const out = [at("r.csv"), at("r.e.v.csv")];
    await expect(simulate("cuba", { record: ["e.v[0]"], duration: "1000 s", out })).rejects.toThrow(
      "r.e.v.csv: --out names it, and what is recorded goes to this file too",
    );
  });

  test("only what is asked for is kept, and rates are of all", async () => {
    const out = [at("some.csv")];
    const { d } = await simulate("cuba", { duration: "50ms", record: ["i.spike[0..99]"], out });
    const rows = readFileSync(out[0]!, "utf8").trimEnd().split("\n").slice(1);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatch(/^i,\d{1,2},/);
    expect(d.populations[0]!.spikes).toBeGreaterThan(rows.length);
    expect(d.notes.join()).toContain("Spikes are kept of i; rates are of all neurons.");
  });

  test.each([
    ["x.txt", "x.txt: --out writes files that end in .h5, .csv, .html or .json, not in .txt"],
    ["no/such/x.csv", "there is no folder"],
  ])("%s is refused before anything runs", async (file, problem) => {
    await expect(simulate("cuba", { duration: "1000 s", out: [at(file)] })).rejects.toThrow(problem);
  });
});

describe("modules and artefacts", () => {
  test("a network that is driven: input given, silent, and fed by a source", async () => {
    const file = module(networkOf({ equations: "dv/dt = -v/(10*ms) : 1", drive: 4 }));
    const silent = await simulate(file, { duration: "100ms" });
    expect(silent.d.health.map((h) => h.code)).toEqual(["silent"]);
    expect(silent.d.health[0]!.advice).toContain("Give input to 'drive'.");
    expect(silent.text).toContain("Nothing was given to 'drive': it is silent. --input drive=15Hz gives");
    const fed = await simulate(file, { duration: "2s", input: ["drive=50Hz"] });
    expect(fed.d.health).toEqual([]);
    // Each of 4 inputs makes all 4 neurons fire: 4 · 50 Hz, but for coincidences within a step.
    expect(Math.abs(fed.d.rate - 200)).toBeLessThan(5 * Math.sqrt(200 / 2));
    expect(fed.text).toContain("drive (4): Poisson, 50 Hz each");
    const { inputSpikes, synapticEvents } = fed.d.work;
    expect(Math.abs(inputSpikes! - 400)).toBeLessThan(5 * 20);
    expect(synapticEvents).toBe(4 * inputSpikes!);
    // A spike that comes in a step of its own makes all four neurons fire.
    expect(fed.d.work.spikes).toBeLessThanOrEqual(synapticEvents);
    expect(fed.d.work.spikes).toBeGreaterThan(0.95 * synapticEvents);
    const path = at("drive.csv");
    writeFileSync(path, "neuron,time\n0,0.01\n1,0.02\n");
    const given = await simulate(file, { duration: "100ms", input: [`drive=${path}`], out: [at("given.json")] });
    expect(given.d.rasters!.rasters[0]!.steps).toEqual([100, 100, 100, 100, 200, 200, 200, 200]);
    expect(given.d.work).toMatchObject({ inputSpikes: 2, synapticEvents: 8 });
  });

  test("an artefact runs with its own weights, as long as a sample", async () => {
    const net = sequential([input(6), denseLayer(5), neurons(lif({ tau: "10 ms" })), denseLayer(2), readout()], {
      steps: 40,
      dt: "1 ms",
    });
    const parameters = initialParameters(net, 5, "f32");
    const file = at("trained.h5");
    const provenance = {
      version: "0.1.0",
      seed: 5,
      task: "digits",
      dataDigest: "none",
      metrics: {},
      trainingOptions: {},
    };
    await writeArtefact(file, { network: net, parameters, classes: ["a", "b"], provenance });
    const { d, text } = await simulate(file, { input: ["input=200Hz"], seed: 3 });
    expect([d.duration, d.simulated]).toEqual([0.04, 0.04]);
    expect(text).toContain(`The network in ${file}, trained on digits.`.slice(0, 40));
    using engine = await createEngine(net, wasm, {
      seed: 3,
      parameters,
      sources: { input: { kind: "poisson", rate: 200 } },
    });
    expect(d.digest).toBe(engine.run(40).digest);
  });

  test.each([
    ["walk", "neither a simulation (cuba, coba, cobahh, brunel) nor a file that ends in .ts"],
    ["digits", "is a task to train: 'rheobase train digits --out digits.h5' makes a file that can be run, digits.h5"],
    ["nowhere.ts", "nowhere.ts: there is no such file"],
    ["nowhere.h5", "nowhere.h5: there is no such file"],
  ])("%s is refused", async (target, problem) => {
    await expect(simulate(target)).rejects.toThrow(problem);
  });

  test.each<[Partial<SimulationOptions>, string]>([
    [{ engine: "exact", dtype: "f32" }, "--dtype f32: the exact engine computes in f64"],
    [{ engine: "exact", dt: "1ms" }, "--dt: the exact engine has no steps"],
    [
      { duration: "0.15ms" },
      "--duration: must be a whole number of steps of 100 µs, and at least one; 150 µs is not, 100 µs would be",
    ],
    [{ duration: "0s" }, "--duration: must be a time above 0, got '0s'"],
    [{ duration: "1e400s" }, "--duration: must be a time above 0, got '1e400s'"],
    [{ dt: "-1ms" }, "--dt: must be a time above 0, got '-1ms'"],
    [{ record: [""] }, "record '': names nothing; expected something such as e.spike"],
    [{ duration: "2" }, "--duration: '2' needs a unit, such as 2s or 2ms"],
    [{ duration: "2 mV" }, "--duration: expected a quantity in s"],
    [{ dt: "fast" }, "--dt: 'fast' is not a unit"],
    [
      { record: ["e.v"], duration: "100 s" },
      "--record: 3,200,000,000 values of 3,200 neurons would be recorded, and no file takes them: --out run.h5",
    ],
    [{ record: ["x.v"] }, "there is no population or connection 'x'"],
    [{ input: ["x=1Hz"] }, "the network has no input 'x'; known: (none)"],
  ])("%j is refused: %s", async (options, problem) => {
    await expect(simulate("cuba", options)).rejects.toThrow(problem);
  });
});

test("every number of the text and of the page stands in the document", async () => {
  const rest = { equations: "dv/dt = -v/(10*ms) : 1", drive: 2 };
  const { d, text } = await simulate(module(networkOf(rest)), {
    duration: "1s",
    input: ["drive=30Hz"],
    out: [at("n.json")],
  });
  const all = known(d);
  const said = new Set([...all.numbers].flatMap(sayings).flatMap((s) => wordsOf(s)));
  for (const word of wordsOf(text)) expect([word, said.has(word) || isSaid(word, all)]).toEqual([word, true]);
  for (const [, value] of (await pageOf(d)).matchAll(/<data value="([^"]*)">/g))
    expect([value, all.numbers.has(Number(value)) || isDerived(Number(value), d)]).toEqual([value, true]);
});
/** Numbers of a page that are quotients of two of the document, or counts of a list. */
const isDerived = (x: number, d: SimulateDocument): boolean =>
  x === d.work.synapticEvents / d.runSeconds || d.traces.some((t) => t.spikes.length === x);

describe("runs that go wrong are told as far as they went", () => {
  test("a step that is too large is told once, where it ended the run", async () => {
    const net = networkOf({ equations: "dv/dt = (1 - v)/(10*us) : 1", reset: "v = v" }); // 1 - v grows tenfold a step
    const { d } = await simulate(module(net), { duration: "200ms" });
    expect(d.health[0]).toMatchObject({ code: "not-finite", where: "e.v" });
    expect(d.health[0]!.advice).toContain("grows without bound");
    expect(d.health.filter((f) => f.says.includes("grows without bound"))).toEqual([]);
  });
  test("a state that is no number: the neuron, the variable, the step; what was before is kept", async () => {
    // Above threshold for ever from 1 on; e^{t/ms} leaves f32 at about 88 ms.
    const net = networkOf({ equations: "dv/dt = v/(1*ms) + 1*Hz : 1", reset: "v = v" });
    const file = module(net);
    const { d, failed, text } = await simulate(file, { duration: "200ms" });
    expect(failed).toBe(true);
    expect(d.health[0]).toMatchObject({ code: "not-finite", where: "e.v" });
    const step = Number(/in step (\d+)/.exec(d.health[0]!.says)![1]);
    expect(d.health[0]!.advice).toContain("look for a time constant or a rate of the wrong sign");
    expect(d.simulated).toBeCloseTo(step * 1e-4, 12);
    expect(d.populations[0]!.spikes).toBeGreaterThan(0);
    expect(text).toContain("Then the run failed.");
    using engine = await createEngine(net, wasm, { seed: 1 });
    expect(engine.run(step).digest).toBe(d.digest);
    expect(() => engine.run(1)).toThrow("e.v");
  });

  test("a state that grows without bound, while it is a number yet and nothing fires", async () => {
    // Euler's steps of v' = (v - 1)/tau from 0 on: |v| = (1 + dt/tau)^n - 1.
    const run = async (tau: string, sign = "-") => {
      const net = networkOf({ equations: `dv/dt = (v ${sign} 1)/(${tau}) : 1` });
      return (await simulate(module(net), { duration: "1 s" })).d.health;
    };
    for (const ms of [100, 20]) {
      const [found] = await run(`${ms}*ms`);
      expect(found).toMatchObject({ code: "unbounded", where: "e.v" });
      const numbers = /grows without bound: (.*) at first, (.*) at last/.exec(found!.says)!.slice(1).map(Number);
      // Three digits are shown (0.005), and f32 rounds 10,000 times (0.0006 for each of two operations).
      for (const [k, n] of [2500, 10_000].entries())
        expect(Math.abs(numbers[k]! / ((1 + 0.1 / ms) ** n - 1) - 1)).toBeLessThan(0.0062);
    }
    expect((await run("-100*ms")).map((h) => h.code)).not.toContain("unbounded");
  });
  test("a state beyond what any unit makes sense of, however it came there", async () => {
    const net = networkOf({ equations: "dv/dt = -int(t > 0.95*second)*1e32*Hz : 1" });
    const { d } = await simulate(module(net), { duration: "1 s" });
    expect(d.health[0]).toMatchObject({ code: "unbounded", where: "e.v" });
    // 499 or 500 steps, as f32 rounds the time.
    expect(d.health[0]!.says).toMatch(/^e\.v of neuron 0 grows without bound: (4\.99|5)e\+30 by now, in SI units\.$/);
  });
  test("a state that is told nothing of: it rises in a line, or settles", async () => {
    for (const equations of ["dv/dt = -1*Hz : 1", "dv/dt = (0.9 - v)/(3*second) : 1"]) {
      const { d } = await simulate(module(networkOf({ equations })), { duration: "1 s" });
      expect(d.health.map((h) => h.code)).toEqual(["silent"]);
    }
  });

  test("time that stands still in the exact engine", async () => {
    const file = module(networkOf({ equations: "dv/dt = -v/(10*ms) : 1", reset: "v = 2", size: 1, drive: 1 }));
    const path = at("kick.csv");
    writeFileSync(path, "neuron,time\n0,0.05\n");
    const { d, failed } = await simulate(file, { engine: "exact", duration: "100ms", input: [`drive=${path}`] });
    expect(failed).toBe(true);
    expect(d.health[0]).toMatchObject({ code: "endless", where: "e.spike" });
    expect(d.simulated).toBeLessThanOrEqual(0.05);
    // The piece that failed is not kept: that nobody fired before it is nothing to complain of.
    expect(d.health.map((h) => h.code)).toEqual(["endless"]);
    expect(d.health[0]!.says).not.toContain("refractory"); // advice is given once
  });

  test("a step that is too large, and runaway", async () => {
    const net = networkOf({ equations: "dv/dt = (1e6 - v)/(2*ms) : 1", dt: "3 ms" });
    const { d } = await simulate(module(net), { duration: "300 ms" });
    expect(d.health.map((h) => h.code)).toEqual(["step-too-large", "saturated"]);
  });

  test("who stops it gets what is there", async () => {
    const stop = { aborted: false };
    const out = [at("stopped.csv"), at("stopped.json")];
    const options = { target: "cuba", seed: 1, threads: 1, duration: "100000 s", out, stop };
    const report = await simulateTask(options, ({ stage, done }) => {
      if (stage === "simulate" && done > 0) stop.aborted = true;
    });
    const d = report.document as unknown as SimulateDocument;
    expect([report.interrupted, report.failed]).toEqual([true, false]);
    expect(d.simulated).toBeGreaterThan(0);
    expect(d.simulated).toBeLessThan(1000);
    const rates = d.populations[0]!.rates!;
    expect(rates.length).toBeGreaterThan(10);
    const seconds = rates.map((_, k) => Math.min(d.binSeconds, d.simulated - k * d.binSeconds));
    const spikes = rates.reduce((sum, r, k) => sum + r * 3200 * seconds[k]!, 0);
    expect(Math.round(spikes)).toBe(d.populations[0]!.spikes);
    expect(report.text).toContain("Then it was interrupted.");
    expect(readFileSync(out[0]!, "utf8").split("\n").length - 2).toBe(d.work.spikes);
    expect(JSON.parse(readFileSync(out[1]!, "utf8")).interrupted).toBe(true);
    using engine = await createEngine(cuba(), wasm, { seed: 1 });
    expect(engine.run(Math.round(d.simulated / 1e-4)).digest).toBe(d.digest);
  });
});

test("a page of a long run says what it leaves out", async () => {
  const net = networkOf({ equations: "dv/dt = 1500*Hz : 1", reset: "v = 0", dt: "1 ms", size: 100 }); // in every step
  const { d } = await simulate(module(net), { duration: "25 s", out: [at("long.html")] });
  expect(d.work.spikes).toBe(2_500_000);
  expect(d.notes).toContain("The raster shows one neuron in 2; there are too many spikes to show them all.");
  const [{ steps, neurons }] = d.rasters!.rasters as [NonNullable<typeof d.rasters>["rasters"][number]];
  expect([steps.length, new Set(neurons).size, steps.at(-1)]).toEqual([1_250_000, 50, 24_999]);
  expect([d.traces[0]!.spikes.length, d.traces[0]!.spikesUntil]).toEqual([20_000, 19.999]);
  expect(readFileSync(at("long.html"), "utf8")).toMatch(/>20,000<\/data> spikes up to <data value="19.999">20.s</);
  expect(d.intervals[0]).toMatchObject({ count: 2_499_900, mean: 1, sd: 0 });
});
