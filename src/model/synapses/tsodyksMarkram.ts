import type { Dimension } from "../../base/dimension.ts";
import { type Every, ModelError, requireKnown, requirePositive } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import { type SynapseModel, synapse } from "../synapse.ts";

/** Options of `tsodyksMarkram`. */
export interface TsodyksMarkramOptions {
  /** What of the target a spike adds to: an input or a variable, such as `ge`. */
  readonly port: string;
  /** The part of its resources that a synapse at rest uses for a spike: above 0, at most 1; default 0.5. */
  readonly U?: number;
  /** Recovery of used resources; default 800 ms. */
  readonly tauRec?: string | number;
  /** Decay of facilitation; without it there is none, and every spike uses `U`. */
  readonly tauFacil?: string | number;
}

const OPTIONS = { port: true, U: true, tauRec: true, tauFacil: true } as const satisfies Every<TsodyksMarkramOptions>;

/**
 * Short-term plasticity: a spike uses the part `u` of the resources `x` and adds `w·u·x` to the port. Used resources
 * recover with `tauRec`. With `tauFacil` each spike first raises `u` by `U·(1 - u)`, and between spikes `u` falls back to 0.
 * Both are brought up to date at spikes only, in closed form. The first spike adds `w·U`.
 *
 * Defaults are a depressing synapse; a facilitating one has `{ U: 0.03, tauRec: "130 ms", tauFacil: "530 ms" }` (both of the
 * paper's figure 1). At a steady rate r the answer settles at `w·u·x` with e = exp(-1/(r·tauFacil)), E = exp(-1/(r·tauRec)),
 * u = U/(1 - (1 - U)e) and x = (1 - E)/(1 - (1 - u)E).
 *
 * @see Tsodyks and Markram 1997, PNAS 94, 719; Tsodyks, Pawelzik and Markram 1998, Neural Comput. 10, 821
 * @throws {ModelError} `out-of-range` for `U` or a time constant; `unit-mismatch`; `syntax` for a port that is no name. An engine names a port that the target has not
 */
export function tsodyksMarkram(options: TsodyksMarkramOptions): SynapseModel {
  requireKnown(NAME, options, OPTIONS);
  const { port, U = 0.5, tauRec = "800 ms", tauFacil } = options;
  if (typeof port !== "string")
    throw new ModelError("usage", `${NAME}.port`, `must name what of the target a spike adds to, got ${port}`);
  if (!(U > 0 && U <= 1)) throw new ModelError("out-of-range", `${NAME}.U`, `must be above 0 and at most 1, got ${U}`);
  const recovery = {
    equations: "dx/dt = (1 - x)/tauRec : 1 (event-driven)",
    parameters: { U, tauRec: seconds("tauRec", tauRec) },
    dimensions: { tauRec: SECOND },
  };
  const common = { name: NAME, variables: { x: 1 } };
  if (tauFacil === undefined) return synapse({ ...common, ...recovery, onPre: `${port}_post += w*U*x; x -= U*x` });
  return synapse({
    ...common,
    equations: `${recovery.equations}\ndu/dt = -u/tauFacil : 1 (event-driven)`,
    parameters: { ...recovery.parameters, tauFacil: seconds("tauFacil", tauFacil) },
    dimensions: { ...recovery.dimensions, tauFacil: SECOND },
    onPre: `u += U*(1 - u); ${port}_post += w*u*x; x -= u*x`,
  });
}

const NAME = "tsodyks-markram";
const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];
function seconds(name: string, x: string | number): number {
  const path = `${NAME}.${name}`;
  const value = typeof x === "number" ? x : quantityOf(x, SECOND, path);
  requirePositive(path, value, "s");
  return value;
}
