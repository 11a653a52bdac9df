/** The tables of chips, by name. */
import type { ChipName, ChipTable } from "./chip.ts";
import { darwin3 } from "./darwin3.ts";
import { loihi } from "./loihi.ts";
import { odin } from "./odin.ts";
import { spinnaker } from "./spinnaker.ts";
import { truenorth } from "./truenorth.ts";

/** The price tables of chips by name. */
export const chips: Readonly<Record<ChipName, ChipTable>> = {
  loihi,
  truenorth,
  spinnaker,
  odin: odin(),
  darwin3,
};
