/**
 * Errors through connections, from the ports that they feed back to their sources: matrices row by row, sparse ones synapse
 * by synapse in their order, windows as `windowGradients.ts` says.
 */
import { ModelError } from "../base/errors.ts";
import { mul, read } from "../ir/expr.ts";
import { invoke, type Node, ofPart, type Place } from "../ir/program.ts";
import type { Step } from "../ir/step.ts";
import type { FloatType } from "../ir/types.ts";
import { type Connection, hasMatrix, isWindowed } from "../model/connection.ts";
import { weightPlace } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { overSynapses } from "../sim/lower/synapses.ts";
import { errorsThroughWindows } from "./windowGradients.ts";

/** Whether an error is added to what is there, and for which sources it is formed: for listed ones, or for so many. */
export interface Reach {
  readonly accumulate: boolean;
  readonly rows: number | Listed;
}
export interface Listed {
  readonly list: Place;
  readonly count: Place;
}
/** A connection, and the error at its target that comes back through it. */
export interface Route {
  readonly connection: Connection;
  readonly error: Place;
}

/** `out[j] = (out[j]) + Σ weights[j] · error of a target` over connections, for the listed sources or all. */
export function through(routes: readonly Route[], out: Place, reach: Reach, l: Lowered): Node[] {
  const plain = routes.filter((r) => !isWindowed(r.connection));
  const wanting = typeof reach.rows === "number" ? {} : { list: reach.rows.list, count: reach.rows.count };
  let first = plain.length === 0 && !reach.accumulate;
  const windowed = routes.flatMap(({ connection, error }): Node[] => {
    if (!isWindowed(connection)) return [];
    const nodes = errorsThroughWindows(connection, error, out, { ...wanting, accumulate: !first }, l);
    first = false;
    return nodes;
  });
  return [...(plain.length > 0 ? throughSynapses(plain, out, reach, l) : []), ...windowed];
}

function throughSynapses(routes: readonly Route[], out: Place, reach: Reach, l: Lowered): Node[] {
  const dense = routes.filter(({ connection }) => hasMatrix(connection));
  const sparse = routes.filter(({ connection }) => !hasMatrix(connection));
  for (const { connection } of sparse) requirePlain(connection);
  if (dense.length > 0)
    return [rowDots(dense, out, reach, l), ...sparse.flatMap((r) => synapseByAnother(r, out, reach, l))];
  const { type, stride } = { type: l.context.type, stride: l.context.stride(routes[0]!.connection.from.node) };
  return [
    ...(reach.accumulate ? [] : [invoke({ kind: "zero", type }, { out }, { n: stride })]),
    ...sparse.flatMap((r) => synapseByAnother(r, out, reach, l)),
  ];
}

/** @throws {ModelError} `not-differentiable` for synapses that do more than adding their weight */
export function requirePlain({ synapse, name }: Connection): void {
  if (synapse)
    throw new ModelError(
      "not-differentiable",
      `connection ${name}`,
      "synapses with equations or pathways of their own have no adjoint; use one that only adds its weight",
    );
}

function rowDots(routes: readonly Route[], out: Place, { accumulate, rows }: Reach, l: Lowered): Node {
  const c = l.context;
  const widths = routes.map(({ connection }) => c.stride(connection.to.node));
  const kernel = {
    kind: "rowDots",
    type: c.type,
    parts: widths.map((width) => ({ width, stride: width })),
    listed: typeof rows !== "number",
    accumulate,
  } as const;
  const pairs = routes.flatMap(({ connection, error }, p) => [
    [ofPart("a", p), error],
    [ofPart("weights", p), weightPlace(l.parameters, connection)],
  ]);
  const args: Record<string, Place> = { out, ...Object.fromEntries(pairs) };
  return typeof rows === "number"
    ? invoke(kernel, args, { rows })
    : invoke(kernel, { ...args, list: rows.list }, { from: 0, to: rows.count });
}

/** `error_pre += w · error_post` */
const backStep = (type: FloatType, space: "synapse" | "uniform"): Step => ({
  name: "back",
  slots: [
    { name: "w", type, space },
    { name: "error", type, space: "post" },
    { name: "out", type, space: "pre" },
  ],
  stores: [{ slot: "out", mode: "add", value: mul(read(type, "w"), read(type, "error")) }],
});

function synapseByAnother({ connection: x, error }: Route, out: Place, { rows }: Reach, l: Lowered): Node[] {
  const tables = l.sources.synapses.get(x.name)!;
  const step = backStep(l.context.type, tables.weights);
  const args = { w: tables.variable("w"), error, out };
  const kernel = { kind: "perSynapse", step, gathers: true } as const;
  if (typeof rows === "number") return [overSynapses(x, { ...kernel, domain: "all" }, args, l)];
  const { list, count: to } = rows;
  return [overSynapses(x, { ...kernel, domain: "rows" }, args, l, { list, from: 0, to })];
}
