/** What addresses of 64 bits cost: the same programs with them and with those of 32, in turns. */
import { setFlagsFromString } from "node:v8";
import { hasMemory64 } from "../src/backend/wasm/memory.ts";
import { threadedWasm } from "../src/backend/wasm/wasm.ts";
import { createEngine, type Engine } from "../src/sim/engine.ts";
import { type Result, summary } from "./measure.ts";
import { brunel } from "./workloads/simulation/brunel.ts";
import { cobahh } from "./workloads/simulation/cobahh.ts";
import { cuba } from "./workloads/simulation/cuba.ts";
import { microcircuit } from "./workloads/simulation/microcircuit.ts";
import type { Simulation } from "./workloads/simulation/simulation.ts";
import { oneOutput } from "./workloads/simulation/songAbbott.ts";

interface Compared {
  readonly simulation: Simulation;
  /** Of model time, a turn. */
  readonly seconds: number;
}
export const COMPARED: Readonly<Record<string, Compared>> = {
  CUBA: { simulation: cuba(4000, 0.02, 1), seconds: 1 },
  COBAHH: { simulation: cobahh(1), seconds: 0.1 },
  Brunel: { simulation: brunel(1, 1), seconds: 0.1 },
  "microcircuit, a tenth": { simulation: microcircuit(1, { scale: 0.1, degree: 0.1 }), seconds: 0.5 },
  "pair STDP": { simulation: oneOutput(1), seconds: 5 },
};

/** Turns on Node 20's memory of 64-bit addresses; whether there is any. */
export function wantMemory64(): boolean {
  if (!hasMemory64()) setFlagsFromString("--experimental-wasm-memory64");
  return hasMemory64();
}

/**
 * Times with 64 bits as multiples of those with 32, turn by turn.
 * @throws Error where runs differ
 */
export async function addressCost(name: string, { simulation, seconds }: Compared, turns = 15): Promise<Result> {
  const { net, sources } = simulation;
  const steps = Math.round(seconds / net.dt);
  const engines: Engine[] = [];
  try {
    for (const memory of [32, 64] as const) {
      using backend = threadedWasm(1, { memory });
      engines.push(await createEngine(net, backend, { seed: 1, ...(sources && { sources }) }));
    }
    const ratios: number[] = [];
    for (let turn = -2; turn < turns; turn++) {
      const times = [0, 0];
      const digests = [0, 1].map((k) => {
        const which = (k + turn + 2) % 2;
        const start = performance.now();
        const { digest } = engines[which]!.run(steps);
        times[which] = performance.now() - start;
        return digest;
      });
      if (digests[0] !== digests[1]) throw new Error(`${name}: addresses of 64 bits give another run`);
      if (turn >= 0) ratios.push(times[1]! / times[0]!); // code of the first turns is not optimised yet
    }
    return { metric: `time with 64-bit addresses, of that with 32, ${name}@1`, unit: "1", ...summary(ratios) };
  } finally {
    for (const engine of engines) engine.dispose();
  }
}
