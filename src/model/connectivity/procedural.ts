/** Which kinds of connectivity can be drawn again row by row, whenever a spike comes, instead of being stored. */
import { ModelError } from "../../base/errors.ts";
import { streamOf } from "../../base/random.ts";
import type { DrawnRows, RowLaw } from "../../ir/drawnRows.ts";
import type { Connectivity } from "../connectivity.ts";
import type { Draw, Size } from "./kind.ts";
import { kindOf } from "./kinds.ts";
import { failureFactor } from "./skip.ts";

/** How the rows of a kind are drawn; a sentence where they cannot be. */
function lawOf(c: Connectivity): RowLaw | string {
  if (c.kind === "probability") return c.p > 0 ? { kind: "trials", factor: failureFactor(c.p) } : { kind: "choices" };
  if (c.kind === "totalNumber") return { kind: "choices" };
  if (c.kind === "outDegree")
    return c.multapses ? { kind: "choices" } : "without multapses each target must be remembered; allow multapses";
  return `rows of '${c.kind}' are not drawn source by source; probability, outDegree and totalNumber are`;
}

/** @throws {ModelError} `unsupported` for what cannot be drawn again, at the path */
export function requireProcedural(c: Connectivity, path: string): void {
  const law = lawOf(c);
  if (typeof law === "string") throw new ModelError("unsupported", path, law);
}

export interface Procedural {
  readonly rows: DrawnRows;
  /** How many synapses each source has, where that is known before they are drawn. */
  readonly degrees?: Uint32Array;
}
/** The very rows that `rowsOf` makes a table of, but for their order. */
export function proceduralRows(c: Connectivity, size: Size, draw: Draw): Procedural {
  const law = lawOf(c);
  if (typeof law === "string") throw new Error(`${draw.name}: ${law} (was the connection checked?)`);
  const { sources, targets, recurrent = false } = size;
  const rows: DrawnRows = {
    seed: draw.seed,
    stream: streamOf(`${draw.name}.pairs`),
    targets,
    notItself: recurrent && "autapses" in c && !c.autapses,
    law,
  };
  if (law.kind === "trials") return { rows };
  const { count } = kindOf(c).lines(c, size, draw);
  return { rows, degrees: Uint32Array.from({ length: sources }, (_, k) => count?.(k) ?? 0) };
}
