/** Laws of rows by boxes, as kernels draw them (`ir/drawnRows.ts`), with the tables that they read. */
import { FACTOR, MOST, SHARE, type ThinnedLaw } from "../../ir/drawnRows.ts";
import { expand } from "../../ir/expand.ts";
import type { Expr } from "../../ir/expr.ts";
import { simplify } from "../../ir/simplify.ts";
import type { Space, Step } from "../../ir/step.ts";
import { failureFactorOf } from "./skip.ts";

export interface Thinned {
  readonly law: ThinnedLaw;
  /** Targets in order of their boxes, and where each box begins. */
  readonly members: Uint32Array;
  readonly boxStart: Uint32Array;
  /** By slot. */
  readonly tables: Readonly<Record<string, Float64Array>>;
}
export interface Table {
  readonly space: "pre" | "synapse" | "post";
  readonly values: Float64Array;
}
interface Given extends Pick<Thinned, "members" | "boxStart">, Pick<ThinnedLaw, "drawsZero" | "ordered"> {
  /** With what probability a member of a box is a candidate, and with what probability a candidate stays. */
  readonly most: Expr;
  readonly share: Expr;
  readonly tables: ReadonlyMap<string, Table>;
}

export function thinned({ most, share, tables, members, boxStart, ...how }: Given): Thinned {
  const slot = (name: string, space: Space) => ({ name, type: "f64", space }) as const;
  const stores = { [MOST]: most, [FACTOR]: failureFactorOf(most), [SHARE]: share };
  const step: Step = {
    name: "thinned",
    slots: [
      ...[...tables].map(([name, { space }]) => slot(name, space)),
      ...["i", "j", ...Object.keys(stores)].map((name) => slot(name, "uniform")),
    ],
    stores: Object.entries(stores).map(([name, value]) => ({ slot: name, mode: "set", value })),
  };
  return {
    law: { kind: "thinned", step: simplify(expand(step)), boxes: boxStart.length - 1, ...how },
    members,
    boxStart,
    tables: Object.fromEntries([...tables].map(([name, { values }]) => [name, values])),
  };
}
