import { hasMemory64, MOST_BYTES, MOST_BYTES_64, mostBytes } from "../src/backend/wasm/memory.ts";
import { type Bench, fact, type Result } from "./measure.ts";
import { addressCost, COMPARED, wantMemory64 } from "./scalingAddresses.ts";
import { bytesASynapse, LAYOUTS, refusal, room } from "./scalingBytes.ts";
import { type Axis, BASE, exponent, LABELS, type Point, sweepOf, VALUES } from "./scalingSweep.ts";

export const bench: Bench = {
  name: "scaling",
  about: `time and memory against neurons, synapses, rate and delays, around ${BASE.neurons.toLocaleString("en")} neurons with ${BASE.synapses} synapses each; bytes a synapse; where memory ends`,
  swept: true,
  run: async ({ log }) => {
    const results: Result[] = [];
    for (const axis of Object.keys(VALUES) as Axis[]) {
      log(LABELS[axis]);
      results.push(...sweepResults(axis, await sweepOf(axis)));
    }
    return [...results, ...(await memoryResults(log))];
  },
};

function sweepResults(axis: Axis, points: readonly Point[]): Result[] {
  const at = (p: Point) => ({ sweep: { over: LABELS[axis], at: p.at } });
  const named = (what: string, p: Point): string => `${what}, ${LABELS[axis]} = ${p.at.toLocaleString("en")}`;
  const time = points.map(
    (p): Result => ({ metric: `${named("time a simulated second", p)}@1`, unit: "ms", ...p.time, ...at(p) }),
  );
  const memory = points.map((p): Result => ({ ...fact(named("memory", p), "MB", p.memory), ...at(p) }));
  const grows = fact(
    `time grows as this power of ${LABELS[axis]}@1`,
    "1",
    exponent(points, (p) => p.time.median),
  );
  return [...time, ...memory, grows];
}

/** Bytes a synapse and the synapses that end memory, each shown by an engine that asks for more and is refused. */
async function memoryResults(log: (text: string) => void): Promise<Result[]> {
  const results: Result[] = [];
  for (const [name, { full, procedural }] of Object.entries(LAYOUTS)) {
    const bytes = await bytesASynapse(name);
    results.push(fact(`bytes a synapse, ${name}`, "B", bytes));
    const most = room(bytes);
    if (most === undefined || procedural) continue; // some rows are kept, in 256 MiB at most
    for (const limit of [MOST_BYTES, MOST_BYTES_64])
      results.push(fact(`synapses in ${limit / 2 ** 30} GiB, ${name}`, "M", room(bytes, limit)! / 1e6));
    if (!full) log(`${name}, 5 % more: ${await refusal(name, bytes)}`);
  }
  return [...results, ...(await beyond(log))];
}

/** Where memory ends on this Node, and what it costs to go there. */
async function beyond(log: (text: string) => void): Promise<Result[]> {
  const own = hasMemory64();
  log(`this Node ${own ? "has 64-bit memory: 16 GiB are the most" : "has no 64-bit memory: 4 GiB are the most"}`);
  const most = fact("memory ends at", "GiB", mostBytes(undefined) / 2 ** 30);
  if (!wantMemory64()) return [most];
  if (!own) log("with --experimental-wasm-memory64, which is set now, it has: 16 GiB");
  const costs: Result[] = [];
  for (const [name, compared] of Object.entries(COMPARED)) {
    log(`addresses of 64 bits against 32, ${name}`);
    costs.push(await addressCost(name, compared));
  }
  return [most, ...costs];
}
