import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { writeArtefact } from "../../src/io/artefact.ts";
import { printProgram } from "../../src/ir/print.ts";
import { connect } from "../../src/model/connection.ts";
import { outDegree } from "../../src/model/connectivity.ts";
import { network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { explain } from "../../src/tasks/explain.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-explain-"));
afterAll(() => rmSync(folder, { recursive: true }));
const silent = () => {};
// biome-ignore lint/suspicious/noExplicitAny: a document to be looked into
type Document = any;

const EQUATIONS = `dv/dt = -v / (10*ms) : 1
x : 1`;
const net = network({
  name: "two",
  dt: "1 ms",
  schedule: "brian",
  populations: { a: population(8, neuron({ name: "leak", equations: EQUATIONS, spike: "v > 1", reset: "v = 0" })) },
  connections: [connect("a", "a", { port: "v", connectivity: outDegree(3), weight: 0.5 })],
});

test("a saved network without an end is explained as the engine runs it", async () => {
  const file = join(folder, "two.h5");
  const provenance = { version: "0.1.0", seed: 1, dataDigest: "", metrics: {}, trainingOptions: {} };
  await writeArtefact(file, { network: net, parameters: {}, classes: [], provenance });
  const { document, text }: Document = await explain({ task: file, seed: 1, threads: 1 }, silent);
  using engine = await createEngine(net, wasm, { seed: 1 });
  const { simulation } = document.programs;
  expect(Object.keys(document.programs)).toEqual(["simulation"]);
  expect(simulation.program).toBe(printProgram(engine.program));
  // by hand: 8 neurons, of which each is multiplied by exp(-0.1) once
  expect(simulation.work.find((w: Document) => w.kernel.startsWith("a.0"))).toMatchObject({
    once: "step",
    multiplications: 8,
    bytesWritten: 4 * 8,
  });
  expect(document.kernels).toEqual([{ connection: "a>a.v", forward: "synapse by synapse, those of spikes" }]);
  expect(text).toContain("outDegree(degree 3");
  expect(text).not.toContain("parameters  shape");
});

test("so is the network of a module, and a named one", async () => {
  const file = join(folder, "own.ts");
  writeFileSync(
    file,
    `import { lif, network, population } from "rheobase/model";
     export default network({ dt: "1 ms", schedule: "brian", populations: { lonely: population(5, lif()) } });`,
  );
  const own: Document = await explain({ task: file, seed: 1, threads: 1 }, silent);
  expect(own.text).toMatch(/lonely +5 +lif/);
  const { text }: Document = await explain({ task: "cuba", seed: 1, threads: 2 }, silent);
  for (const part of ["probability(p 0.02", "model cuba:", "=== simulation: program", "region flush", "(module"])
    expect(text).toContain(part);
});
