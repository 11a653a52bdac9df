/**
 * Memory of training, measured in a process of its own: `tsx bench/peak.ts STEPS [SEGMENT]`, where SEGMENT asks for
 * checkpoints after so many steps (or `auto`), or for forward propagation through time (`fptt`, and `fptt-warm` where a small
 * network has trained before, so that the compiler's own memory is there already). Prints MB by which the largest resident set grew, from the workload being
 * ready to two training steps being done.
 */
import { wasm } from "../src/backend/wasm/wasm.ts";
import type { SegmentSteps } from "../src/learn/algorithm.ts";
import { stillTrainer } from "./training.ts";
import { long } from "./workloads/alif.ts";
import { liquidLong } from "./workloads/liquid.ts";

const resident = (): number => process.resourceUsage().maxRSS * 1024;

const [steps, segment] = process.argv.slice(2);
const checkpoint: SegmentSteps = segment === "auto" ? segment : Number(segment);
const forwards = segment?.startsWith("fptt") ?? false;
const workload = forwards ? liquidLong(Number(steps)) : long(Number(steps));
const options = segment === undefined || forwards ? {} : { checkpoint };
if (segment === "fptt-warm") {
  const small = liquidLong(2, { batch: 2 });
  using trained = await stillTrainer(small, wasm, small.surrogates.compact);
  trained.step(small.batch);
}
const before = resident();
const trainer = await stillTrainer(workload, wasm, workload.surrogates.compact, options);
for (let step = 0; step < 2; step++) trainer.step(workload.batch);
console.log((resident() - before) / 1e6);
trainer.dispose();
