import { type Every, requireKnown } from "../../base/errors.ts";
import { type SynapseModel, synapse } from "../synapse.ts";

/** Options of `gapJunction`. */
export interface GapJunctionOptions {
  /** The `(input)` of the target that takes the current; default `i`. */
  readonly port?: string;
  /** The voltage of both ends; default `v`. */
  readonly variable?: string;
}

const OPTIONS = { port: true, variable: true } as const satisfies Every<GapJunctionOptions>;

/**
 * A gap junction: in every step the port of the target receives `w·(v_pre - v_post)`, summed over the junctions that end
 * there. The weight is the conductance, in what the port counts in divided by volts (siemens, where it takes amperes).
 * Current flows both ways where both ways are connected. The current stands still during a step, at the voltages of the
 * step's start: first order in dt.
 *
 * Cells of one membrane and conductance g, joined by w: their mean decays with C/g, their difference with C/(g + 2w), and a
 * steady current into one makes the other move w/(g + w) times as far.
 *
 * @see Bennett 1966, Ann. N. Y. Acad. Sci. 137, 509
 * @throws {ModelError} `syntax` for what is no name. An engine names a port or variable that a population has not
 */
export function gapJunction(options: GapJunctionOptions = {}): SynapseModel {
  requireKnown("gapJunction", options, OPTIONS);
  const { port = "i", variable = "v" } = options;
  return synapse({
    name: "gap-junction",
    pathways: [{ trigger: "step", body: `${port}_post += w*(${variable}_pre - ${variable}_post)` }],
  });
}
