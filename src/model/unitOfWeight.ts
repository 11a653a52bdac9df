/** Weights that have a unit must be given. */
import { type Dimension, formatDimension, isDimensionless } from "../base/dimension.ts";
import { ModelError } from "../base/errors.ts";
import type { Connection, Nodes } from "./connection.ts";
import { actsOf, dynamicsOf, namesOf, type SynapseModel } from "./synapse.ts";

type Joined = Pick<Connection, "name" | "synapse" | "to">;

/**
 * The usual start of linear layers is a number near one over a root: of volts or amperes it would be nonsense, which
 * nobody would see.
 * @throws {ModelError} `unit-mismatch` where weights that were not given have a unit
 */
export function requireGivenWeight(c: Joined, net: Nodes): void {
  if (c.synapse && !actsOf(c.synapse).some((a) => namesOf(c.synapse!, a).has("w"))) return;
  const declared = c.synapse && dynamicsOf(c.synapse)?.weight;
  const unit = declared ?? unitOfPort(c, net);
  if (!unit || isDimensionless(unit)) return;
  const what = declared ? weightsOf(c.synapse!) : `port '${c.to.port}' of '${c.to.node}' is`;
  throw new ModelError(
    "unit-mismatch",
    `connection ${c.name}.weight`,
    `${what} in ${formatDimension(unit)}, for which weights have no default: give numbers in SI units, or a law such as uniform(0, 1e-3) or fanIn(1e-3)`,
  );
}
const weightsOf = ({ name }: SynapseModel): string => `the weights of synapse '${name}' are`;
/** Sums have no unit. */
function unitOfPort({ to }: Joined, { populations }: Nodes): Dimension | undefined {
  const model = populations[to.node]?.model;
  return model && [...model.inputs, ...model.variables].find((x) => x.name === to.port)?.dimension;
}
