/** What a spike of each source brings: rows of targets and weights, in order of delay. */
import type { Dimension } from "../../base/dimension.ts";
import { listNames, ModelError } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import { type Connection, connectedSizes, isWindowed } from "../../model/connection.ts";
import { endsOf, type SynapseEnds } from "../../model/connectivity/ends.ts";
import { rowsOf, type Rows as SparseRows } from "../../model/connectivity/rows.ts";
import { namesIn } from "../../model/equations/ast.ts";
import { initialise } from "../../model/initializer.ts";
import type { Network } from "../../model/network.ts";
import { storedIn } from "../../model/sharedUnits.ts";
import { asStored } from "../../model/storage.ts";
import { statementsOf, targetOf } from "../../model/synapse.ts";
import { type Parameters, weightsWrittenOut } from "../lower/parameters.ts";

/**
 * Delays by connection: seconds, a quantity such as "1.37 ms", or seconds of each synapse (in the order of `pairs`, else in
 * order of source). They need not be whole steps.
 */
export type ExactDelays = Readonly<Record<string, string | number | ArrayLike<number>>>;

export interface Rows {
  readonly connection: Connection;
  /** The target's variable or input. */
  readonly port: string;
  /** Row k is `target[start[k] .. start[k + 1])`. */
  readonly start: Int32Array;
  readonly target: Uint32Array;
  readonly weight: Float64Array;
  /** Seconds, of all synapses or of each, in ascending order within a row. */
  readonly delay: number | Float64Array;
}

/** @throws {ModelError} `unsupported` for synapses that do more than add their weight to a variable on a source spike */
export function rowsOfConnection(
  c: Connection,
  net: Network,
  parameters: Parameters,
  seed: number,
  delays: ExactDelays,
): Rows {
  const size = connectedSizes(net, c.from.node, c.to.node);
  const drawnRows = rowsOf(c.connectivity, size, { name: c.name, seed });
  const { count, start, origin, fill } = drawnRows;
  const ends = () => endsOf(drawnRows, size.targets);
  const target = new Uint32Array(count);
  fill(target);
  const own = isWindowed(c) ? weightsWrittenOut(c, net, parameters) : parameters[`${c.name}.weight`];
  const given = own ?? initialise(c.weight, count, { name: `${c.name}.weight`, seed, fanIn: size.sources, ends });
  const order = own || c.weight.kind === "values" ? origin : undefined;
  const { port, sign, later } = arrival(c);
  const stored = c.storage && storedIn(net, c, "f64");
  const weight = Float64Array.from({ length: count }, (_, k) => {
    const w = given[order ? order[k]! : k]!;
    return sign * (stored ? asStored(w, stored, "f64") : w);
  });
  const delay = delayOf(c, net, { count, origin, seed, ends }, delays, later * net.dt);
  const rows = { connection: c, port, start, target, weight, delay };
  return typeof delay === "number" ? rows : byDelay({ ...rows, delay });
}

/** What a synapse adds its weight to; with pathways, where that is all that they do. */
function arrival(c: Connection): { port: string; sign: number; later: number } {
  if (!c.synapse) return { port: c.to.port, sign: 1, later: 0 };
  const [pathway, ...others] = c.synapse.pathways;
  const path = `connection ${c.name}`;
  const plain = pathway?.trigger === "pre" && pathway.event === undefined && c.synapse.equations === undefined;
  const statements = plain && others.length === 0 ? statementsOf(c.synapse, pathway) : [];
  const [s] = statements;
  const target = s && targetOf(c.synapse, s.target);
  const onlyWeight = s?.value.tag === "name" && [...namesIn(s.value)].join() === "w";
  if (statements.length === 1 && target!.of === "post" && onlyWeight && (s!.op === "+=" || s!.op === "-="))
    return { port: target!.variable, sign: s!.op === "+=" ? 1 : -1, later: pathway!.delay };
  throw new ModelError(
    "unsupported",
    path,
    `synapse '${c.synapse.name}' does more than the exact engine can: one pathway on source spikes such as 'v_post += w', and no equations`,
  );
}

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];

function delayOf(
  c: Connection,
  net: Network,
  { count, origin, seed, ends }: Pick<SparseRows, "count" | "origin"> & { seed: number; ends: () => SynapseEnds },
  delays: ExactDelays,
  later: number,
): number | Float64Array {
  const path = `delays.${c.name}`;
  const drawn = (): number | ArrayLike<number> =>
    c.delays ? initialise(c.delays, count, { name: `${c.name}.delay`, seed, ends }) : c.delay * net.dt;
  const given = Object.hasOwn(delays, c.name) ? delays[c.name]! : drawn();
  const checked = (x: number, where: string): number => {
    if (Number.isFinite(x) && x >= 0) return x + later;
    throw new ModelError("out-of-range", where, `must be finite and at least 0 s, got ${x}`);
  };
  if (typeof given === "string") return checked(quantityOf(given, SECOND, path), path);
  if (typeof given === "number") return checked(given, path);
  if (given.length !== count)
    throw new ModelError("shape-mismatch", path, `needs ${count} delays, got ${given.length}`);
  const isGiven = Object.hasOwn(delays, c.name) || c.delays?.kind === "values";
  const order = isGiven ? origin : undefined;
  return Float64Array.from({ length: count }, (_, n) => {
    const k = order ? order[n]! : n;
    return checked(given[k]!, `${path}[${k}]`);
  });
}
/** @throws {ModelError} `unknown-name` for delays of no connection */
export function checkDelayNames(net: Network, delays: ExactDelays): void {
  const known = net.connections.map((c) => c.name);
  for (const name of Object.keys(delays))
    if (!known.includes(name))
      throw new ModelError("unknown-name", `delays.${name}`, `no such connection; known: ${listNames(known)}`);
}

/** Each row in order of delay; equal delays keep their order. */
function byDelay(rows: Rows & { readonly delay: Float64Array }): Rows {
  const order = Uint32Array.from(rows.target, (_, k) => k);
  for (let r = 0; r + 1 < rows.start.length; r++)
    order.subarray(rows.start[r]!, rows.start[r + 1]!).sort((a, b) => rows.delay[a]! - rows.delay[b]! || a - b);
  return {
    ...rows,
    target: rows.target.map((_, k) => rows.target[order[k]!]!),
    weight: rows.weight.map((_, k) => rows.weight[order[k]!]!),
    delay: rows.delay.map((_, k) => rows.delay[order[k]!]!),
  };
}
