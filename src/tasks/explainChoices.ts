/** Which kernels bring what each connection carries, and the errors back, and why. */
import { type Surrogate, surrogateSupport } from "../ir/surrogate.ts";
import { type Connection, hasMatrix, isWindowed, type WindowedConnection, windowsIn } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import { sizeOf } from "../model/nodes.ts";
import { percent } from "../report/numbers.ts";
import { leftTable, type Row } from "../report/terminal/layout.ts";
import { formThreshold, inputsInEitherForm } from "../sim/lower/forms.ts";

export interface KernelChoice {
  readonly connection: string;
  readonly forward: string;
  /** Absent where nothing comes back: from inputs, and without a surrogate. */
  readonly backward?: string;
  /** The share of values that are not zero from which on rows are predicted to be cheaper than lists. */
  readonly rowsFrom?: number;
}

export const choicesOf = (net: Network, surrogate?: Surrogate): KernelChoice[] =>
  net.connections.map((c) => {
    const rowsFrom = inputsInEitherForm(net).has(c.from.node) ? formThreshold(net, c.from.node) : undefined;
    const backward = surrogate && backwardOf(net, c, surrogate);
    return {
      connection: c.name,
      forward: forwardOf(net, c, rowsFrom),
      ...(backward !== undefined && { backward }),
      ...(rowsFrom !== undefined && { rowsFrom }),
    };
  });

function forwardOf(net: Network, c: Connection, rowsFrom: number | undefined): string {
  if (isWindowed(c)) return windowsOf(net, c, rowsFrom);
  if (!hasMatrix(c))
    return isSpiking(net, c) ? "synapse by synapse, those of spikes" : "synapse by synapse, all values";
  if (rowsFrom === 1) return "values that are not zero, at any share";
  if (rowsFrom !== undefined) return `values that are not zero; a product from ${percent(rowsFrom, 0)} of them on`;
  if (isSpiking(net, c)) return "rows of those that spike, at any rate";
  return "a product with all values";
}

const isSpiking = (net: Network, { from }: Connection): boolean =>
  from.port === "spike" || net.inputs[from.node]?.signal === "spikes";

/** Values are added to the sums that they reach one after the other, in either form. */
function windowsOf(net: Network, c: WindowedConnection, rowsFrom: number | undefined): string {
  const { windows: w, pool } = windowsIn(net, c);
  const values = rowsFrom === undefined ? "all values" : "values that are not zero";
  const who = isSpiking(net, c) ? "those that spike" : values;
  const weights = c.connectivity.kind === "pooling" ? "one weight" : `rows of ${w.targets / w.groups} weights`;
  const most = `${weights} for each of up to ${w.rows.kernel * w.columns.kernel} positions`;
  return `${who}: ${most}${pool ? `; then maxima of ${pool.rows.kernel} x ${pool.columns.kernel}` : ""}`;
}

function backwardOf(net: Network, c: Connection, surrogate: Surrogate): string | undefined {
  if (c.from.node in net.inputs) return undefined;
  const neurons = sizeOf(net, c.from.node);
  if (isWindowed(c) && windowsIn(net, c).pool) return `all ${neurons}, from errors that are not zero`;
  if (c.from.port !== "spike") return `all ${neurons}`;
  return Number.isFinite(surrogateSupport(surrogate))
    ? `those of ${neurons} within the surrogate's support`
    : `all ${neurons}: ${surrogate.kind} is nowhere zero`;
}

export const choicesText = (net: Network, surrogate?: Surrogate): string =>
  [
    "kernels of connections",
    leftTable(
      choicesOf(net, surrogate).flatMap(({ connection, forward, backward }): Row[] => [
        [connection, "forward", forward],
        ...(backward ? [["", "backward", backward]] : []),
      ]),
    ),
  ].join("\n");
