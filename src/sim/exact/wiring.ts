/** What leaves each node: rows of spikes to come, and constant currents. */
import { ModelError } from "../../base/errors.ts";
import type { Connection } from "../../model/connection.ts";
import type { Network } from "../../model/network.ts";
import type { Parameters } from "../lower/parameters.ts";
import type { Cells } from "./cells.ts";
import type { Jump } from "./kind.ts";
import { type ExactDelays, type Rows, rowsOfConnection } from "./rows.ts";

/** A connection that spikes take. */
export interface Wire extends Rows {
  readonly number: number;
  readonly cells: Cells;
  /** What a weight of 1 adds, by kind of the target neuron. */
  readonly jumps: readonly (readonly Jump[])[];
}
/** A connection that brings the values of an input, as constant currents. */
export interface Current {
  readonly input: string;
  readonly rows: Rows;
}
/** Constant currents of one port. */
export interface Driven {
  readonly cells: Cells;
  readonly port: string;
  readonly currents: readonly Current[];
  /** What comes without any input. */
  readonly bias: Float64Array;
}

export interface Wiring {
  /** By source node. */
  readonly wires: ReadonlyMap<string, readonly Wire[]>;
  readonly all: readonly Wire[];
  readonly driven: readonly Driven[];
}

const unsupported = (c: Connection, problem: string): ModelError =>
  new ModelError("unsupported", `connection ${c.name}`, problem);

/** @throws {ModelError} `unsupported` for what has no meaning without steps, by the connection's name */
export function wiringOf(
  net: Network,
  cells: ReadonlyMap<string, Cells>,
  parameters: Parameters,
  seed: number,
  delays: ExactDelays,
): Wiring {
  const wires: Wire[] = [];
  const currents = new Map<string, { cells: Cells; port: string; currents: Current[]; bias: Float64Array }>();
  const drivenBy = (c: Connection, port: string): { currents: Current[]; bias: Float64Array } => {
    const target = cells.get(c.to.node)!;
    const key = `${c.to.node}.${port}`;
    if (!currents.has(key))
      currents.set(key, { cells: target, port, currents: [], bias: new Float64Array(target.size) });
    return currents.get(key)!;
  };
  for (const c of net.connections) {
    const target = cells.get(c.to.node)!;
    const isCurrent = target.form.currents.has(c.to.port);
    if (c.bias) {
      if (!isCurrent)
        throw unsupported(
          c,
          `its bias is added to '${c.to.port}' in every step, and there are no steps; use a current`,
        );
      const given = parameters[`${c.name}.bias`]!;
      const { bias } = drivenBy(c, c.to.port);
      for (let k = 0; k < bias.length; k++) bias[k]! += given[k % given.length]!; // of windows one a channel
    }
    const rows = rowsOfConnection(c, net, parameters, seed, delays);
    if (c.from.port === "spike") wires.push(wire(c, rows, wires.length, target));
    else {
      checkCurrent(c, net, isCurrent);
      drivenBy(c, c.to.port).currents.push({ input: c.from.node, rows });
    }
  }
  const nodes = [...Object.keys(net.inputs), ...Object.keys(net.populations)];
  return {
    wires: new Map(nodes.map((node) => [node, wires.filter((w) => w.connection.from.node === node)])),
    all: wires,
    driven: [...currents.values()],
  };
}

function wire(c: Connection, rows: Rows, number: number, cells: Cells): Wire {
  const { form, node } = cells;
  if (form.jumps.has(rows.port)) return { ...rows, number, cells, jumps: cells.jumps(rows.port) };
  const variables = [...form.jumps.keys()].join(", ");
  if (form.currents.has(rows.port))
    throw unsupported(
      c,
      `a spike to the current '${rows.port}' of ${node} lasts one step, and there are no steps; let it jump a variable: ${variables}`,
    );
  throw unsupported(c, `'${rows.port}' is no variable of ${node}; known: ${variables}`);
}

function checkCurrent(c: Connection, net: Network, isCurrent: boolean): void {
  const input = net.inputs[c.from.node];
  if (!input)
    throw unsupported(c, `takes '${c.from.port}' of ${c.from.node} by value; only spikes leave a population here`);
  if (!input.constant)
    throw unsupported(
      c,
      `input '${c.from.node}' has new values in every step; make it constant (inputNode(…, { constant: true }))`,
    );
  if (!isCurrent)
    throw unsupported(c, `adds values to '${c.to.port}' in every step; a constant input goes to a current`);
  if (c.synapse) throw unsupported(c, "has pathways, and its source does not spike");
}

/** The constant currents of a port, from the values of inputs; an input without values is zero. */
export function currentsOf({ currents, bias }: Driven, values: ReadonlyMap<string, ArrayLike<number>>): Float64Array {
  const sum = bias.slice();
  for (const { input, rows } of currents) {
    const from = values.get(input);
    for (let k = 0; from && k < from.length; k++)
      for (let s = rows.start[k]!; s < rows.start[k + 1]!; s++) sum[rows.target[s]!]! += rows.weight[s]! * from[k]!;
  }
  return sum;
}
