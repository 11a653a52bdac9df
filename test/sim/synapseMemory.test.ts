/** Tables of synapses exist only where something reads them. */
import { describe, expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { connect } from "../../src/model/connection.ts";
import { inDegree } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { inputNode, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { type SynapseSpec, synapse } from "../../src/model/synapse.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { run } from "./run.ts";

const adder = neuron({ name: "adder", equations: "v : 1", spike: "v >= 1", reset: "v = 0", port: "v" });
const [SOURCES, DEGREE, TARGETS] = [50, 40, 100];
const made = (options: Parameters<typeof connect>[2]) =>
  network({
    dt: "1 ms",
    schedule: "brian",
    inputs: { x: inputNode(SOURCES) },
    populations: { a: population(TARGETS, adder) },
    connections: [connect("x", "a", { name: "c", connectivity: inDegree(DEGREE), ...options })],
  });
const spec = (variables: Record<string, number>, ...pathways: NonNullable<SynapseSpec["pathways"]>) => ({
  synapse: synapse({ name: "s", variables, pathways }),
});

/** Bytes a synapse of the buffers of the connection. */
async function bytesOf(options: Parameters<typeof connect>[2]): Promise<number> {
  using engine = await createEngine(made(options), wasm);
  const rows = 4 * (SOURCES + 1);
  const own = engine.program.buffers.filter((b) => b.name.startsWith("c."));
  const columns = own.some((b) => b.name === "c.columnStart") ? 4 * (TARGETS + 1) : 0;
  const bytes = own.filter((b) => b.length > 1).reduce((sum, b) => sum + 4 * b.length, 0);
  return (bytes - rows - columns) / (DEGREE * TARGETS);
}

describe("bytes a synapse", () => {
  test.each<[string, Parameters<typeof connect>[2], number]>([
    ["one weight for all", { weight: 0.5 }, 4],
    ["weights drawn", { weight: uniform(0, 1) }, 8],
    [
      "a pathway that changes nothing",
      { weight: 0.5, ...spec({ p: 1 }, { trigger: "pre", body: "v_post += w*p" }) },
      4,
    ],
    ["a weight that changes", { weight: 0.5, ...spec({ p: 1 }, { trigger: "pre", body: "w += p" }) }, 8],
    ["a variable that changes", { weight: 0.5, ...spec({ p: 1 }, { trigger: "pre", body: "p += w" }) }, 8],
    [
      "spikes of the target: two more tables",
      { weight: 0.5, ...spec({ p: 1 }, { trigger: "post", body: "w += p" }) },
      16,
    ],
  ])("%s", async (_name, options, bytes) => expect(await bytesOf(options)).toBe(bytes));
});

test("what all synapses share is shown for each", async () => {
  const options = { weight: 0.5, ...spec({ p: 3, q: 1 }, { trigger: "pre", body: "v_post += w*p; q += p" }) };
  for (const parts of [1, 2]) {
    using engine = await createEngine(made(options), wasm, { parts });
    const { source, target, w, p, q } = engine.synapses("c");
    const count = DEGREE * TARGETS;
    expect([source, target, w, p, q].map((x) => x!.length)).toEqual([count, count, count, count, count]);
    expect([new Set(w), new Set(p)]).toEqual([new Set([0.5]), new Set([3])]);
    expect([...source!].every((s, k) => k === 0 || s >= source![k - 1]!)).toBe(true);
    engine.run(1, { x: { steps: [0], indices: [7] } });
    expect([...q!]).toEqual([...source!].map((s) => (s === 7 ? 4 : 1))); // live
  }
});

test("one weight for all, or the same for each: the same bits", async () => {
  const inputs = { x: { steps: [0, 1, 1, 2, 4, 5], indices: [1, 2, 30, 7, 7, 49] } };
  const record = ["a.v"];
  const one = await run(made({ weight: 0.3 }), 8, { inputs, record });
  const each = await run(made({ weight: new Array(DEGREE * TARGETS).fill(0.3) }), 8, { inputs, record });
  expect(each).toEqual(one);
  expect(one.spikes.a!.steps.length).toBeGreaterThan(20);
});
