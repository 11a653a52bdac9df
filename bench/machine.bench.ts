import { measureMachine } from "./machine.ts";
import { type Bench, summary } from "./measure.ts";

export const bench: Bench = {
  name: "machine",
  about: "the limits of this machine: copy, multiply and add, load and add",
  run: async () => {
    const { copy, mulAdd, loadAdd } = await measureMachine();
    return [
      { metric: "copy, read and written@1", unit: "GB/s", ...summary(copy) },
      { metric: "f32x4 multiply then add@1", unit: "GFLOP/s", ...summary(mulAdd) },
      { metric: "f32x4 load then add@1", unit: "Gadd/s", ...summary(loadAdd) },
    ];
  },
};
