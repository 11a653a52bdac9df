/** Tables of sparse connections, and what synapses do beyond adding a weight. */
import { type Place, place } from "../../ir/program.ts";
import type { Connection } from "../../model/connection.ts";
import { synapsesOf } from "../../model/connectivity.ts";
import { initialise } from "../../model/initializer.ts";
import type { Context } from "./context.ts";

export interface SynapseTables {
  readonly count: number;
  /** `rowStart` and `target`. */
  readonly rows: Readonly<Record<"rowStart" | "target", Place>>;
  /** `columnStart`, `columnSynapse` and `source`. */
  readonly columns: Readonly<Record<"columnStart" | "columnSynapse" | "source", Place>>;
  /** A variable of every synapse, in order of source. */
  variable(name: string): Place;
}

export function synapseTables(c: Connection, context: Context): SynapseTables {
  const { seed } = context.options;
  const size = { sources: context.size(c.from.node), targets: context.size(c.to.node) };
  const synapses = synapsesOf(c.connectivity, size, { name: c.name, seed });
  const count = synapses.target.length;
  const table = (name: string, values: ArrayLike<number>, type: "i32" | "u32"): Place =>
    place(context.constant(`${c.name}.${name}`, values, type));
  const given = initialise(c.weight, count, { name: `${c.name}.weight`, seed, fanIn: size.sources });
  const byRow = c.weight.kind === "values" ? given.map((_, k) => given[synapses.origin[k]!]!) : given;
  variable(context, c, "w", byRow);
  for (const [name, value] of Object.entries(c.synapse?.variables ?? {}))
    variable(context, c, name, new Float64Array(count).fill(value));
  return {
    count,
    rows: { rowStart: table("rowStart", synapses.rowStart, "i32"), target: table("target", synapses.target, "u32") },
    columns: {
      columnStart: table("columnStart", synapses.columnStart, "i32"),
      columnSynapse: table("columnSynapse", synapses.columnSynapse, "u32"),
      source: table("source", synapses.source, "u32"),
    },
    variable: (name) => place(`${c.name}.${name}`),
  };
}

function variable(context: Context, c: Connection, name: string, values: Float64Array): void {
  context.buffer(`${c.name}.${name}`, context.type, Math.max(1, values.length), "state");
  context.contents.set(`${c.name}.${name}`, values);
}
