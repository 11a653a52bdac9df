/**
 * The kernels that everything rests on, in the shapes that training asks for, each beside the limit that this machine
 * sets: a row gather and a compaction are bound by loads (one 16-byte load an addition), a product by multiply and add.
 */
import { wasm } from "../src/backend/wasm/wasm.ts";
import { WORKLOADS } from "./kernelWorkloads.ts";
import { machineLimits } from "./machine.ts";
import { type Bench, measure, rate } from "./measure.ts";

export const bench: Bench = {
  name: "kernels",
  about: "gathers, dots, gradients, neuron steps, lists, delivery and products, beside the limits of this machine",
  run: async () => {
    const limits = await machineLimits();
    const workloads = [];
    for (const build of WORKLOADS) workloads.push(await build({ backend: wasm, limits }));
    const seconds = await measure(Object.fromEntries(workloads.map((w) => [w.metric, () => w.executable.run("run")])), {
      warmUp: 0.1,
      turn: 0.01,
    });
    return workloads.map((w) => rate(w.metric, w.unit, w.work / 1e9, seconds[w.metric]!, { limit: w.limit }));
  },
};
