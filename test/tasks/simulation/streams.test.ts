/** Files that grow while a run goes on: the same as of the engine's own lists, whatever ends the run. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { populationCsvSink } from "../../../src/io/records/populationCsv.ts";
import { recoverSonata } from "../../../src/io/records/sonataSink.ts";
import { readSonataSpikes } from "../../../src/io/sonata/readSpikes.ts";
import type { SimulateDocument } from "../../../src/report/document.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import type { RecordHeader, SeriesInfo } from "../../../src/sim/records/sink.ts";
import type { SimulationOptions } from "../../../src/tasks/simulation/options.ts";
import { simulateTask } from "../../../src/tasks/simulation/simulate.ts";
import { cuba } from "../../../src/tasks/subject/networks/cuba.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-streams-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const parts = (): string[] => readdirSync(folder).filter((name) => name.endsWith(".part"));

/** What files ought to hold of steps of cuba, from the lists of one run in memory. */
async function oracle(steps: number) {
  using engine = await createEngine(cuba(), wasm, { seed: 1 });
  const { spikes } = engine.run(steps);
  const nodes = Object.entries(spikes).map(([node, s]) => {
    const [ticks, indices] = [Array.from(s.steps), Array.from(s.indices)];
    return { node, ticks, indices };
  });
  const lines = nodes.flatMap(({ node, ticks, indices }) =>
    ticks.map((t, k) => `${node},${indices[k]},${t / 10_000}\n`),
  );
  return { nodes, csv: `population,neuron,time\n${lines.join("")}` };
}
async function expectSpikes(file: string, { nodes }: Awaited<ReturnType<typeof oracle>>): Promise<void> {
  const found = await readSonataSpikes(file);
  expect([...found.keys()].sort()).toEqual(nodes.map((n) => n.node).sort());
  for (const { node, ticks, indices } of nodes) {
    expect(Array.from(found.get(node)!.timestamps)).toEqual(ticks.map((t) => t / 10));
    expect(Array.from(found.get(node)!.nodeIds, Number)).toEqual(indices);
  }
}
const simulate = (options: Partial<SimulationOptions>, onProgress: Parameters<typeof simulateTask>[1] = () => {}) =>
  simulateTask({ target: "cuba", seed: 1, threads: 1, ...options }, onProgress);

test("files hold what the engine's lists hold, and have their names at the end alone", async () => {
  const out = [at("whole.csv"), at("whole.h5")];
  const seen = new Set<string>();
  const stages: string[] = [];
  await simulate({ duration: "100ms", out, record: ["e.v[0]@1ms"] }, ({ stage, done }) => {
    if (stages.at(-1) !== stage) stages.push(stage);
    if (stage !== "simulate" || done === 0) return;
    for (const name of readdirSync(folder)) seen.add(name);
  });
  expect([...seen].sort()).toEqual(
    ["whole.csv.2.part", "whole.csv.part", "whole.e.v.csv.part", "whole.e.v.h5.part", "whole.h5.part"].sort(),
  );
  expect(stages).toEqual(["build", "simulate", "write"]);
  const expected = await oracle(1000);
  expect(readFileSync(out[0]!, "utf8")).toBe(expected.csv);
  await expectSpikes(out[1]!, expected);
  expect(parts()).toEqual([]);
});

test("a run that is stopped leaves whole files of what it did", async () => {
  const stop = { aborted: false };
  const out = [at("stopped.csv"), at("stopped.h5")];
  const report = await simulate({ duration: "100000 s", out, stop }, ({ stage, done }) => {
    if (stage === "simulate" && done > 500) stop.aborted = true;
  });
  const { simulated } = report.document as unknown as SimulateDocument;
  const expected = await oracle(Math.round(simulated / 1e-4));
  expect(readFileSync(out[0]!, "utf8")).toBe(expected.csv);
  await expectSpikes(out[1]!, expected);
});

test("an error in the middle leaves what was written as NAME.part, which can be recovered", async () => {
  const out = [at("broken.csv"), at("broken.h5")];
  let done = 0;
  const failing = simulate({ duration: "100 s", out }, (progress) => {
    if (progress.stage !== "simulate") return;
    ({ done } = progress);
    if (done > 500) throw new Error("the sky falls");
  });
  await expect(failing).rejects.toThrow("the sky falls");
  expect(parts().sort()).toEqual(["broken.csv.2.part", "broken.csv.part", "broken.h5.part"]);
  expect(existsSync(out[0]!) || existsSync(out[1]!)).toBe(false);
  const expected = await oracle(done);
  const text = [`${out[0]}.part`, `${out[0]}.2.part`].map((file) => readFileSync(file, "utf8")).join("");
  expect(text).toBe(expected.csv);
  // Nothing is overwritten unasked.
  await expect(simulate({ duration: "1ms", out })).rejects.toThrow(
    "broken.csv.part: is left of a run that did not end",
  );
  expect(readFileSync(`${out[0]}.part`, "utf8").length).toBeGreaterThan(100);
  await recoverSonata(out[1]!);
  await expectSpikes(out[1]!, expected);
  for (const part of parts()) rmSync(at(part));
});

test("one file that cannot be made: none is left", async () => {
  writeFileSync(at("second.h5.part"), "");
  await expect(simulate({ duration: "1ms", out: [at("first.csv"), at("second.h5")] })).rejects.toThrow(
    "second.h5.part",
  );
  expect(readdirSync(folder).filter((name) => name.startsWith("first"))).toEqual([]);
  rmSync(at("second.h5.part"));
});

test("values of any number go to a file; without one they are refused", async () => {
  const record = ["e.v", "i.v"];
  await expect(simulate({ duration: "100 s", record, out: [at("v.html")] })).rejects.toThrow("no file takes them");
  const stop = { aborted: true };
  const { document } = await simulate({ duration: "100 s", record, out: [at("v.csv")], stop });
  expect((document as unknown as SimulateDocument).interrupted).toBe(true);
  expect(readFileSync(at("v.e.v.csv"), "utf8").split("\n")[0]!.split(",").length).toBe(3201);
});

test("populations one after the other, however their spikes come", async () => {
  const series = ["b", "a", "c"].map(
    (name): SeriesInfo => ({
      name,
      kind: "spikes",
      shape: "events",
      of: name,
      size: 9,
      columns: 1,
      every: 0,
      offset: 0,
      windows: [[0, Number.POSITIVE_INFINITY]],
    }),
  );
  const header: RecordHeader = { network: "n", engine: "clocked", seed: 1, samples: 1, tick: 1e-4, series };
  const chunk = (k: number, ticks: number[], indices: number[]) => ({
    series: k,
    ticks: Float64Array.from(ticks),
    indices: Uint32Array.from(indices),
    samples: new Uint32Array(ticks.length),
    values: new Float64Array(0),
  });
  const path = at("three.csv");
  const sink = await populationCsvSink(path);
  sink.begin(header);
  sink.write(chunk(2, [1], [8]));
  sink.write(chunk(0, [3], [0]));
  sink.write(chunk(1, [3, 4], [1, 2]));
  sink.write(chunk(0, [5], [7]));
  expect(parts()).toEqual(["three.csv.2.part", "three.csv.3.part", "three.csv.part"]);
  expect(await sink.finish()).toEqual([path]);
  expect(readFileSync(path, "utf8")).toBe(
    "population,neuron,time\nb,0,0.0003\nb,7,0.0005\na,1,0.0003\na,2,0.0004\nc,8,0.0001\n",
  );
  expect(parts()).toEqual([]);

  const none = await populationCsvSink(path);
  none.begin({ ...header, series: [] });
  await none.finish();
  expect(readFileSync(path, "utf8")).toBe("population,neuron,time\n");
});
