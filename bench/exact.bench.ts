import { crossingOf, STEPS, type StepName, sweep } from "./exactSweep.ts";
import { type Bench, type Result, summary } from "./measure.ts";

export const bench: Bench = {
  name: "exact",
  about: "exact engine against clocked over activity: where they cross, 4,000 neurons with 80 synapses each",
  run: async ({ log }) => {
    const points = await sweep(log);
    const names = Object.keys(STEPS) as StepName[];
    const times = points.flatMap(({ rate, exact, clocked }): Result[] => {
      const at = `at ${rate.toPrecision(2)} Hz`;
      return [
        { metric: `exact ${at}@1`, unit: "ms", ...exact },
        ...names.map((name): Result => ({ metric: `clocked, ${name}, ${at}@1`, unit: "ms", ...clocked[name] })),
      ];
    });
    const crossings = names.flatMap((name): Result[] => {
      const rate = crossingOf(points, name);
      return rate === undefined ? [] : [{ metric: `exact is faster below, ${name}@1`, unit: "Hz", ...summary([rate]) }];
    });
    return [...times, ...crossings];
  },
};
