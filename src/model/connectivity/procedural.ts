/** Which kinds of connectivity can be drawn again row by row, whenever a spike comes, instead of being stored. */
import { ModelError } from "../../base/errors.ts";
import { streamOf } from "../../base/random.ts";
import type { DrawnSynapses, SynapseLaw } from "../../ir/drawnRows.ts";
import type { Connectivity } from "../connectivity.ts";
import type { Draw, Size } from "./kind.ts";
import { kindOf } from "./kinds.ts";
import { failureFactor } from "./skip.ts";

const CAN = "probability, outDegree, totalNumber and oneToOne are";
/** How the rows of a kind are drawn; a sentence where they cannot be. */
function lawOf(c: Connectivity): SynapseLaw | string {
  switch (c.kind) {
    case "probability":
      return c.p > 0 ? { kind: "trials", factor: failureFactor(c.p) } : { kind: "choices" };
    case "totalNumber":
      return { kind: "choices" };
    case "outDegree":
      return { kind: c.multapses ? "choices" : "distinct" };
    case "oneToOne":
      return { kind: "itself" };
    case "inDegree":
      return (
        "each target draws its own sources, so that to know the targets of one source those of all targets must be drawn; " +
        "use outDegree, or probability or totalNumber with as many synapses, or store them"
      );
    default:
      return `rows of '${c.kind}' are not drawn source by source; ${CAN}`;
  }
}

/** @throws {ModelError} `unsupported` for what cannot be drawn again, at the path */
export function requireProcedural(c: Connectivity, path: string): void {
  const law = lawOf(c);
  if (typeof law === "string") throw new ModelError("unsupported", path, law);
}

export interface Procedural {
  readonly rows: DrawnSynapses;
  /** How many synapses each source has, where that is known before they are drawn. */
  readonly degrees?: Uint32Array;
}
/** The very rows that `rowsOf` makes a table of, but for their order. */
export function proceduralRows(c: Connectivity, size: Size, draw: Draw): Procedural {
  const law = lawOf(c);
  if (typeof law === "string") throw new Error(`${draw.name}: ${law} (was the connection checked?)`);
  const { sources, targets, recurrent = false } = size;
  const rows: DrawnSynapses = {
    seed: draw.seed,
    stream: streamOf(`${draw.name}.pairs`),
    targets,
    notItself: recurrent && "autapses" in c && !c.autapses,
    law,
  };
  if (law.kind === "trials" || law.kind === "itself") return { rows };
  const { count } = kindOf(c).lines(c, size, draw);
  return { rows, degrees: Uint32Array.from({ length: sources }, (_, k) => count?.(k) ?? 0) };
}
