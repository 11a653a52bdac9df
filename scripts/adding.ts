/**
 * The adding problem, as long as asked: `tsx scripts/adding.ts --steps 1000 --neurons liquid --learner fptt --batches 2000
 * --seed 1 --threads 2`. Prints one line of JSON a look, on samples that were never learned; an error of 1/6 is guessing.
 */
import { parseArgs } from "node:util";
import { threadedWasm } from "../src/backend/wasm/wasm.ts";
import { runAdding } from "../src/tasks/adding.ts";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "1000" },
    neurons: { type: "string", default: "liquid" },
    learner: { type: "string", default: "fptt" },
    batches: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
    every: { type: "string", default: "20" },
  },
});
const { neurons, learner } = values;
if (neurons !== "liquid" && neurons !== "alif") throw new Error(`--neurons is liquid or alif, not ${neurons}`);
if (learner !== "fptt" && learner !== "bptt") throw new Error(`--learner is fptt or bptt, not ${learner}`);
const [steps, batches, seed, threads, every] = [
  values.steps,
  values.batches,
  values.seed,
  values.threads,
  values.every,
].map(Number) as [number, number, number, number, number];
using backend = threadedWasm(threads);
const onLook = (look: object): void => console.log(JSON.stringify({ neurons, learner, steps, seed, ...look }));
await runAdding({ neurons, learner, steps, batches, seed, backend, every, onLook });
