import { measureMachine } from "./machine.ts";
import { type Bench, summary } from "./measure.ts";

export const bench: Bench = {
  name: "machine",
  about: "the limits of this machine: copy, multiply and add, load and add, divide, update, scatter",
  run: async () => {
    const { copy, mulAdd, loadAdd, divide, update, scatter } = await measureMachine();
    return [
      { metric: "copy, read and written@1", unit: "GB/s", ...summary(copy) },
      { metric: "f32x4 multiply then add@1", unit: "GFLOP/s", ...summary(mulAdd) },
      { metric: "f32x4 load then add@1", unit: "Gadd/s", ...summary(loadAdd) },
      { metric: "f32x4 divide@1", unit: "Gdiv/s", ...summary(divide) },
      { metric: "f32x4 load, add, store, read and written@1", unit: "GB/s", ...summary(update) },
      { metric: "f32 add at listed addresses@1", unit: "Gadd/s", ...summary(scatter) },
    ];
  },
};
