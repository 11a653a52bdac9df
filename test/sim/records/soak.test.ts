/** A long run in short: `scripts/soak.ts` is the long one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { recordLog, replayRecords } from "../../../src/io/records/log.ts";
import { connect } from "../../../src/model/connection.ts";
import { inDegree } from "../../../src/model/connectivity.ts";
import { inputNode, network, population } from "../../../src/model/network.ts";
import { lif } from "../../../src/model/neuron/lif.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { memorySink } from "../../../src/sim/records/memorySink.ts";
import type { Records } from "../../../src/sim/records/spec.ts";
import { poissonSource } from "../../../src/sim/spikeSource.ts";

const net = network({
  dt: "1 ms",
  inputs: { drive: inputNode(4) },
  populations: { cell: population(4, lif({ refractory: "2 ms" })) },
  connections: [
    connect("drive", "cell", { connectivity: inDegree(1), weight: 1.5, delay: "1 ms" }),
    connect("cell", "cell", { connectivity: inDegree(1), weight: 0.2, delay: "5 ms" }),
  ],
});
const STEPS = 1_500_000;
const FIRST = 2 ** 32 - STEPS / 2;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
/** Bytes that this thread's heap holds, and arrays beside it. */
function held(): number {
  collect();
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

test("one run of 1.5 million steps across 2^32, all of it recorded to a file: memory stays where it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "rheobase-"));
  const sizes: number[] = [];
  const records: Records = {
    spikes: { kind: "spikes", of: "cell" },
    v: { kind: "variable", of: "cell.v", every: 10 },
    rate: { kind: "rate", of: "cell", bin: "1 s" },
    newest: { kind: "variable", of: "cell.v", every: 2, last: 500 },
    around: {
      kind: "spikes",
      of: "cell",
      trigger: {
        on: {
          every: STEPS / 10,
          test: () => {
            sizes.push(held());
            return true;
          },
        },
        before: "2 s",
        after: "1 s",
      },
    },
  };
  try {
    using engine = await createEngine(net, wasm, { block: 1024, records, sources: { drive: poissonSource(20) } });
    engine.restore({ ...engine.snapshot(), step: FIRST });
    const recorder = engine.recorder(records, await recordLog(join(folder, "log")));
    engine.run(STEPS, {}, { records: recorder });
    expect(engine.stepsDone).toBe(2 ** 32 + STEPS / 2);
    await recorder.finish();
    expect(sizes.length).toBe(10);
    // What is written is some 6 MB: had it been kept, it would be seen.
    expect(sizes.at(-1)! - sizes[1]!).toBeLessThan(2e6);
    const { result, lost } = await replayRecords(join(folder, "log"), memorySink());
    expect(lost).toBe(0);
    const { ticks } = result.v!;
    expect([ticks.length, ticks[0]! - FIRST < 10, ticks.at(-1)! > 2 ** 32 + STEPS / 2 - 11]).toEqual([
      STEPS / 10,
      true,
      true,
    ]);
    expect(ticks.every((t, k) => k === 0 || t - ticks[k - 1]! === 10)).toBe(true);
    const seconds = STEPS / 1000;
    const mean = result.rate!.values.reduce((a, b) => a + b, 0) / result.rate!.values.length;
    expect(Math.abs(result.spikes!.ticks.length / 4 / seconds / mean - 1)).toBeLessThan(2 / (seconds - 2));
    expect(result.newest!.ticks.length).toBe(500);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
