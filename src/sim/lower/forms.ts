/**
 * Two forms of values that the host gives: lists of those that are not zero, of which each adds a row of weights, or
 * rows of all of them, which a matrix product takes many at a time. A program holds the kernels of both, and for each
 * batch the host writes one form and opens its loops (of one round) and not the other's. Both add the same numbers in
 * the same order, so that no result depends on the choice.
 *
 * The choice goes by predicted cost. Prices are in ns on the machine that `npm run bench -- forms` was last run on; only
 * their ratios matter, and the same bench shows that the choice stays near the better of the two.
 */

import { loop, type Node, type Place, place } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { connectedSizes, hasMatrix, isWindowed } from "../../model/connection.ts";
import { synapseCount } from "../../model/connectivity/kinds.ts";
import type { Network } from "../../model/network.ts";
import { sizeOf } from "../../model/nodes.ts";
import { totalDelay } from "../../model/timing.ts";
import type { Context } from "./context.ts";

export const FORMS = ["lists", "rows"] as const;
export type Form = (typeof FORMS)[number];

/** Whether the loops of a form run in this batch. */
export const formPlace = (c: Context, node: string, form: Form): Place =>
  place(c.buffer(formBuffer(node), "i32", FORMS.length, "argument"), FORMS.indexOf(form));
export const formBuffer = (node: string): string => `${node}.value.form`;
/** Nodes that run in batches of one form. */
export const inForm = (c: Context, node: string, form: Form, body: readonly Node[]): Node[] =>
  body.length === 0 ? [] : [loop(form, formPlace(c, node, form), body)];

/** Inputs that can be given in either form: values without a delay, read by dense connections and windows alone. */
export function inputsInEitherForm(net: Network): ReadonlySet<string> {
  const plain = (node: string): boolean =>
    net.connections
      .filter((c) => c.from.node === node)
      .every((c) => (hasMatrix(c) || isWindowed(c)) && (net.inputs[node]!.constant || totalDelay(net, c) === 0)) &&
    Object.values(net.transforms).every((t) => t.of.every((e) => e.node !== node));
  return new Set(Object.keys(net.inputs).filter((node) => net.inputs[node]!.signal === "values" && plain(node)));
}

/** ns: for a list and each of its entries, for a row, and for each weight: of a matrix by whether it fits the cache, of windows. */
const PRICE = {
  lists: { each: 6, entry: 0.6, weight: { within: 0.066, beyond: 0.1, windows: 0.057 } },
  rows: { each: 3, weight: { within: 0.05, beyond: 0.104, windows: 0.05 } },
} as const;
/** Bytes of a matrix that stays in a core's second cache beside what it is multiplied with. */
const CACHE = 2 ** 20;

/** What a batch holds: lists or rows, and values that are not zero. */
export interface Amount {
  readonly rows: number;
  readonly entries: number;
}
/** ns, predicted, of bringing an input to all that it feeds, by form. */
export function formCosts(
  net: Network,
  node: string,
  { rows, entries }: Amount,
  bytes: number = BYTES.f32,
): Record<Form, number> {
  const inputs = sizeOf(net, node);
  let [lists, all] = [0, 0];
  for (const c of net.connections.filter((x) => x.from.node === node)) {
    const size = connectedSizes(net, c.from.node, c.to.node);
    const width = synapseCount(c.connectivity, size) / size.sources;
    const where = isWindowed(c) ? "windows" : inputs * width * bytes <= CACHE ? "within" : "beyond";
    lists += rows * PRICE.lists.each + entries * (PRICE.lists.entry + width * PRICE.lists.weight[where]);
    all += rows * (PRICE.rows.each + inputs * width * PRICE.rows.weight[where]);
  }
  return { lists, rows: all };
}
export function chooseForm(net: Network, node: string, amount: Amount): Form {
  const costs = formCosts(net, node, amount);
  return costs.lists <= costs.rows ? "lists" : "rows";
}
/** The share of values that are not zero from which on rows are cheaper; 1 where they never are. */
export function formThreshold(net: Network, node: string): number {
  const [rows, inputs] = [1, sizeOf(net, node)];
  const at = (entries: number): Record<Form, number> => formCosts(net, node, { rows, entries });
  const slope = at(1).lists - at(0).lists;
  return Math.min(1, Math.max(0, (at(0).rows - at(0).lists) / (slope * inputs)));
}
