/** A process that is killed while it records: what it had written is there, and whole. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { library } from "../../../src/base/hdf5.ts";
import { recoverSonata } from "../../../src/io/records/sonataSink.ts";

const SRC = pathToFileURL(join(import.meta.dirname, "../../../src/")).href;
/** Records for ever to both kinds of files. */
const program = (folder: string): string => `
const { wasm } = await import("${SRC}backend/wasm/wasm.ts");
const { csvSink } = await import("${SRC}io/records/csvSink.ts");
const { sonataSink } = await import("${SRC}io/records/sonataSink.ts");
const { network, population } = await import("${SRC}model/network.ts");
const { neuron } = await import("${SRC}model/neuron.ts");
const { createEngine } = await import("${SRC}sim/engine.ts");
const cell = neuron({ name: "cell", equations: "dv/dt = (1.5 - v)/(5*ms) : 1", spike: "v > 1", reset: "v = 0" });
const net = network({ dt: "0.1 ms", populations: { e: population(9, cell) } });
const records = { e: { kind: "spikes", of: "e" } };
const engine = await createEngine(net, wasm);
const twin = await createEngine(net, wasm);
const sonata = engine.recorder(records, await sonataSink(${JSON.stringify(join(folder, "out.h5"))}));
const csv = twin.recorder(records, await csvSink(${JSON.stringify(join(folder, "out.csv"))}));
for (;;) {
  engine.run(5000, {}, { records: sonata });
  twin.run(5000, {}, { records: csv });
}
`;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});
const sizeOf = (name: string): number => {
  const path = join(folder, name);
  return existsSync(path) ? statSync(path).size : 0;
};

test("killed", async () => {
  writeFileSync(join(folder, "run.mts"), program(folder));
  child = spawn(process.execPath, ["--import", "tsx", join(folder, "run.mts")], {
    stdio: "inherit",
    cwd: import.meta.dirname,
  });
  const ended = new Promise((resolve) => child!.once("exit", (_, signal) => resolve(signal)));
  const start = performance.now();
  while (Math.min(sizeOf("out.h5.part"), sizeOf("out.csv.part")) < 200_000) {
    if (performance.now() - start > 50_000) throw new Error("the process writes nothing");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGKILL");
  expect(await ended).toBe("SIGKILL");

  // Every neuron fires in the same steps, 55 apart: v passes 1 after 5 ms · ln 3 = 54.93 steps of 0.1 ms.
  const lines = readFileSync(join(folder, "out.csv.part"), "utf8").split("\n");
  for (const [k, line] of lines.slice(1, -2).entries())
    expect(line).toBe(`${(54 + 55 * Math.floor(k / 9)) / 10_000},${k % 9}`);

  const { files, lost } = await recoverSonata(join(folder, "out.h5"));
  expect(lost).toBeLessThan(16 * 4096 + 16); // less than a piece
  const h5 = await library();
  h5.FS!.writeFile("killed.h5", readFileSync(files[0]!));
  const file = new h5.File("killed.h5", "r");
  const times = (file.get("spikes/e/timestamps") as { value: Float64Array }).value;
  file.close();
  expect(times.length).toBeGreaterThan(200_000 / 16 - 4096);
  expect(times.every((t, k) => t === (54 + 55 * Math.floor(k / 9)) / 10)).toBe(true);
});
