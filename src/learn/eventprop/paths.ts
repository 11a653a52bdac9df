/** Connections as the backward pass takes them: which synapse has which trained number. */
import { ModelError } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { Cells } from "../../sim/exact/cells.ts";
import type { Jump } from "../../sim/exact/kind.ts";
import { type ExactDelays, rowsOfConnection } from "../../sim/exact/rows.ts";
import type { Parameters } from "../../sim/lower/parameters.ts";

/** Synapses `[from, to)` of one source and one delay. */
export interface Group {
  readonly from: number;
  readonly to: number;
  /** Seconds. */
  readonly delay: number;
}

export class Path {
  readonly name: string;
  readonly connection: string;
  readonly source: string;
  readonly target: string;
  readonly targets: Uint32Array;
  /** Which number of the connection's weights a synapse has; -1 where they do not train. */
  readonly parameter: Int32Array;
  readonly sign: number;
  /** As the network has it now: sign and weight. */
  readonly weight: Float64Array;
  readonly gradient: Float64Array;
  readonly jumps: readonly (readonly Jump[])[];
  readonly #start: Int32Array;
  readonly #delay: number | Float64Array;

  /** @throws {ModelError} `unsupported` for what has no derivative by spike times */
  constructor(net: Network, index: number, cells: Cells, parameters: Parameters, seed: number, delays: ExactDelays) {
    const c = net.connections[index]!;
    const [name, own] = [`${c.name}.weight`, parameters[`${c.name}.weight`]];
    refuseOdd(net, index);
    // Weights that are numbers of themselves tell which is whose, in whatever order the rows have them.
    const numbered = own && { ...parameters, [name]: Float64Array.from(own, (_, k) => k + 1) };
    const rows = rowsOfConnection(c, net, numbered ?? parameters, seed, delays);
    [this.name, this.connection, this.source, this.target] = [name, c.name, c.from.node, c.to.node];
    this.targets = rows.target;
    this.sign = own && rows.weight.some((w) => w < 0) ? -1 : 1;
    this.parameter = Int32Array.from(rows.weight, (w) => (own && c.trainable ? Math.abs(w) - 1 : -1));
    this.weight = rows.weight.slice();
    this.gradient = new Float64Array(own?.length ?? 0);
    this.jumps = cells.jumps(rows.port);
    [this.#start, this.#delay] = [rows.start, rows.delay];
    this.#order = own ? Int32Array.from(rows.weight, (w) => Math.abs(w) - 1) : undefined;
    this.setWeights(parameters);
    this.#refuseDirect(cells, rows.port);
  }
  readonly #order: Int32Array | undefined;

  setWeights(parameters: Parameters): void {
    const own = parameters[this.name];
    const order = this.#order;
    if (own && order) for (let k = 0; k < order.length; k++) this.weight[k] = this.sign * own[order[k]!]!;
  }

  /** Of a source's row, one for each delay. */
  groups(source: number): Group[] {
    const [start, end] = [this.#start[source]!, this.#start[source + 1]!];
    const delay = this.#delay;
    if (typeof delay === "number") return start < end ? [{ from: start, to: end, delay }] : [];
    const found: Group[] = [];
    for (let from = start; from < end; ) {
      let to = from + 1;
      while (to < end && delay[to] === delay[from]) to++;
      found.push({ from, to, delay: delay[from]! });
      from = to;
    }
    return found;
  }

  /** A weight that lifts the membrane itself at once sets off spikes at its own time, which does not depend on the weight. */
  #refuseDirect(cells: Cells, port: string): void {
    for (let n = 0; n < cells.size; n++) {
      const { compared } = cells.kind(n);
      if (!this.jumps[cells.kindNumber(n)]!.some(({ variable }) => compared[variable] !== 0)) continue;
      throw new ModelError(
        "not-differentiable",
        `connection ${this.connection}`,
        `adds to '${port}', which the threshold looks at, so that a spike of '${cells.node}' happens when another arrives, whatever the weight; let it jump a synaptic current, as that of cubaLif`,
      );
    }
  }
}

function refuseOdd(net: Network, index: number): void {
  const c = net.connections[index]!;
  const path = `connection ${c.name}`;
  if (c.bias && c.trainable)
    throw new ModelError(
      "unsupported",
      path,
      "its bias would train; training by exact spike times moves weights alone",
    );
  if (c.storage) throw new ModelError("unsupported", path, "narrow weights cannot be trained by exact spike times");
}
