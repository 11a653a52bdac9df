/**
 * Memory of training, measured in a process of its own: `tsx bench/peak.ts STEPS [SEGMENT]`, where SEGMENT asks for
 * checkpoints after so many steps (or `auto`), or for forward propagation through time on two threads (`fptt`, and
 * `fptt-warm` where a small network has trained before, so that the compiler's own memory and the threads are there already).
 * Prints MB by which the largest resident set grew, from the workload being ready to training steps being done: two, or of
 * forward propagation one, which is an update for each step of time.
 */
import type { Backend } from "../src/backend/backend.ts";
import { threadedWasm, wasm } from "../src/backend/wasm/wasm.ts";
import type { SegmentSteps } from "../src/learn/algorithm.ts";
import { stillTrainer } from "./training.ts";
import { long } from "./workloads/alif.ts";
import { liquidLong } from "./workloads/liquid.ts";
import type { Workload } from "./workloads/workload.ts";

const resident = (): number => process.resourceUsage().maxRSS * 1024;

async function trained(w: Workload, backend: Backend, count: number, checkpoint?: SegmentSteps): Promise<void> {
  const options = checkpoint === undefined ? {} : { checkpoint };
  using trainer = await stillTrainer(w, backend, w.surrogates.compact, options);
  for (let step = 0; step < count; step++) trainer.step(w.batch);
}

const [steps, segment] = process.argv.slice(2);
const forwards = segment?.startsWith("fptt") ?? false;
const workload = forwards ? liquidLong(Number(steps)) : long(Number(steps));
using team = forwards ? threadedWasm(2) : undefined;
const backend = team ?? wasm;
if (segment === "fptt-warm") await trained(liquidLong(2, { batch: 2 }), backend, 1);
const before = resident();
if (forwards) await trained(workload, backend, 1);
else await trained(workload, backend, 2, segment === undefined || segment === "auto" ? segment : Number(segment));
console.log((resident() - before) / 1e6);
