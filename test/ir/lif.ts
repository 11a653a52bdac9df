/** Leaky integrate-and-fire with detached hard reset: `u = α·v + i; s = spike(u − vTh); v' = u > vTh ? 0 : u`. */
import { add, compare, f32, mul, read, select, spike, sub } from "../../src/ir/expr.ts";
import type { Step } from "../../src/ir/step.ts";

const u = add(mul(read("f32", "alpha"), read("f32", "v")), read("f32", "i"));
const above = sub(u, read("f32", "vTh"));
const zero = f32(0);
const fired = compare("gt", above, zero);

export const lif: Step = {
  name: "lif",
  slots: [
    { name: "v", type: "f32", space: "element" },
    { name: "i", type: "f32", space: "element" },
    { name: "alpha", type: "f32", space: "uniform" },
    { name: "vTh", type: "f32", space: "uniform" },
    { name: "s", type: "f32", space: "element" },
    { name: "spikes", type: "u32", space: "element" },
  ],
  stores: [
    { slot: "s", mode: "set", value: spike(above) },
    { slot: "spikes", mode: "bits", value: fired },
    { slot: "v", mode: "set", value: select(fired, zero, u) },
  ],
};
