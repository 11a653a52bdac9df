import { expect, test } from "vitest";
import { wasm } from "../../src/backend/wasm/wasm.ts";
import { network, population } from "../../src/model/network.ts";
import { lif } from "../../src/model/neuron/lif.ts";
import { createEngine, type Engine } from "../../src/sim/engine.ts";

/** About 4 MB an engine, most of it room for spikes. */
const net = network({ dt: "1 ms", populations: { n: population(16_000, lif()) } });
/** Megabytes of this thread: its heap, and array buffers and WebAssembly memories outside it. */
const used = (): number => {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
};

async function comeAndGo(): Promise<Engine> {
  const engine = await createEngine(net, wasm);
  engine.run(3);
  engine.dispose();
  return engine;
}

test("a thousand engines come and go without growth, even while somebody still holds some", async () => {
  const held: Engine[] = [];
  const seen: number[] = [];
  for (let k = 0; k < 125; k++) {
    const eight = await Promise.all(Array.from({ length: 8 }, comeAndGo));
    held.push(eight[0]!);
    seen.push(used());
  }
  // Together they had 4 GB, those that are held half a gigabyte. What is not collected yet goes up and down.
  expect(Math.max(...seen)).toBeLessThan(450);
  expect(Math.min(...seen.slice(-25))).toBeLessThan(Math.max(...seen.slice(0, 25)));
  for (const engine of held) expect(() => engine.state("n.v")).toThrow("disposed");
});
