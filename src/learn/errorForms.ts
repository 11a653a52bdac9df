/**
 * Two forms of errors that come back through windows: one by one to the sources that want theirs, or to all of them by tiles
 * (`windowTiles.ts`), which takes as long whoever wants them. Each step of each sample takes what costs less, by how many
 * sources are listed, which no thread has a say in. Forms differ in rounding.
 *
 * Prices are in ns on the machine that `npm run bench -- forms` was last run on; only their ratios matter, and the same bench
 * shows that the choice stays near the better of the two.
 */
import { compare, convert, i32, read } from "../ir/expr.ts";
import { loop, type Node, type Place, place } from "../ir/program.ts";
import type { Step } from "../ir/step.ts";
import { groupTargets, pairCount, sourceCount, type Windows } from "../ir/windows.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import type { Context, ErrorForm } from "../sim/lower/context.ts";
import { tileWork } from "./windowTiles.ts";

/** ns: of a source that is listed, of a product of two numbers, of a factor of a tile or a sum of its products. */
const PRICE = {
  listed: { source: 4, product: 0.07 },
  all: { product: 0.057, factor: 0.45 },
} as const;

/** ns, predicted, of bringing errors back in one step, by form. */
export function errorCosts(w: Windows, listed: number): Record<ErrorForm, number> {
  const each = (pairCount(w) * w.sources * groupTargets(w)) / sourceCount(w);
  const { products, factors } = tileWork(w);
  return {
    listed: listed * (PRICE.listed.source + each * PRICE.listed.product),
    all: products * PRICE.all.product + factors * PRICE.all.factor,
  };
}
/** How many sources may be listed before tiles cost less. */
export function mostListed(w: Windows): number {
  const { listed, all } = errorCosts(w, 1);
  return Math.floor(all / listed);
}

/** `listed` and `all` are 1 or 0. */
const choice = (most: number): Step => ({
  name: "errors.form",
  slots: [
    { name: "count", type: "i32", space: "uniform" },
    { name: "listed", type: "i32", space: "element" },
    { name: "all", type: "i32", space: "element" },
  ],
  stores: [
    { slot: "listed", mode: "set", value: convert("i32", compare("le", read("i32", "count"), i32(most))) },
    { slot: "all", mode: "set", value: convert("i32", compare("gt", read("i32", "count"), i32(most))) },
  ],
});
/** Nodes of the form that costs less, of errors that `count` sources of the connection want. */
export function inErrorForm(
  { name, windows, count }: { readonly name: string; readonly windows: Windows; readonly count: Place },
  forms: Readonly<Record<ErrorForm, () => readonly Node[]>>,
  c: Context,
): Node[] {
  const most = mostListed(windows);
  const given = c.options.errors ?? (most >= sourceCount(windows) ? "listed" : undefined);
  if (given) return [...forms[given]()];
  const buffer = c.buffer(`${name}.error.form`, "i32", 2, "work");
  const chosen = { listed: place(buffer), all: place(buffer, 1) };
  return [
    elementCall(choice(most), { count, ...chosen }, 1),
    loop("errors.listed", chosen.listed, forms.listed()),
    loop("errors.all", chosen.all, forms.all()),
  ];
}
