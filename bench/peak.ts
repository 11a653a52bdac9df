/**
 * Memory of training, measured in a process of its own: `tsx bench/peak.ts STEPS [SEGMENT]` (`peakOf.ts` compiles it first), where SEGMENT asks for
 * checkpoints after so many steps (or `auto`), or for forward propagation through time on two threads (`fptt`, and
 * `fptt-warm` where a small network has trained before, so that the compiler's own memory and the threads are there already).
 * Prints MB by which the largest resident set grew, from the workload being ready (and the threads waiting for work) to
 * training steps being done: two, or of forward propagation one, which is an update for each step of time. `fptt-threads`
 * tells by how much it grew before that, when the second thread started: Node's own for any thread.
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

/** Threads have started when they know a program. */
async function started(team: Backend): Promise<void> {
  (await team.load({ name: "nothing", buffers: [], regions: [] })).dispose();
}

const [steps, segment] = process.argv.slice(2);
const forwards = segment?.startsWith("fptt") ?? false;
const workload = forwards ? liquidLong(Number(steps), { norm: true }) : long(Number(steps));
using team = forwards ? threadedWasm(2) : undefined;
const backend = team ?? wasm;
const alone = resident();
if (team) await started(team);
if (segment === "fptt-warm") await trained(liquidLong(2, { batch: 2, norm: true }), backend, 1);
const before = segment === "fptt-threads" ? alone : resident();
if (segment === "fptt-threads") {
  // the threads wait
} else if (forwards) await trained(workload, backend, 1);
else await trained(workload, backend, 2, segment === undefined || segment === "auto" ? segment : Number(segment));
console.log((resident() - before) / 1e6);
