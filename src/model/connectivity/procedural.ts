/** Which kinds of connectivity can be drawn again row by row, whenever a spike comes, instead of being stored. */
import { ModelError } from "../../base/errors.ts";
import { streamOf } from "../../base/random.ts";
import type { DrawnSynapses, SynapseLaw, ThinnedLaw } from "../../ir/drawnRows.ts";
import type { Connectivity, ConnectivityOf } from "../connectivity.ts";
import { conditionLaw } from "./condition.ts";
import { distanceLaw } from "./distance.ts";
import type { Draw, Size } from "./kind.ts";
import { kindOf } from "./kinds.ts";
import { failureFactor } from "./skip.ts";
import type { Thinned } from "./thinned.ts";

const CAN = "probability, outDegree, totalNumber, oneToOne, distance and condition are";
/** How the rows of a kind are drawn; a sentence where they cannot be. */
function lawOf(c: Connectivity): Exclude<SynapseLaw, ThinnedLaw> | "thinned" | { readonly not: string } {
  switch (c.kind) {
    case "probability":
      return c.p > 0 ? { kind: "trials", factor: failureFactor(c.p) } : { kind: "choices" };
    case "totalNumber":
      return { kind: "choices" };
    case "outDegree":
      return { kind: c.multapses ? "choices" : "distinct" };
    case "oneToOne":
      return { kind: "itself" };
    case "distance":
    case "condition":
      return "thinned";
    case "inDegree":
      return {
        not:
          "each target draws its own sources, so that to know the targets of one source those of all targets must be drawn; " +
          "use outDegree, or probability or totalNumber with as many synapses, or store them",
      };
    default:
      return { not: `rows of '${c.kind}' are not drawn source by source; ${CAN}` };
  }
}

/** @throws {ModelError} `unsupported` for what cannot be drawn again, at the path */
export function requireProcedural(c: Connectivity, path: string): void {
  const law = lawOf(c);
  if (typeof law !== "string" && "not" in law) throw new ModelError("unsupported", path, law.not);
}

export interface Procedural {
  readonly rows: DrawnSynapses;
  /** How many synapses each source has, where that is known before they are drawn. */
  readonly degrees?: Uint32Array;
  /** What a law by boxes reads. */
  readonly thinned?: Thinned;
}
/** The very rows that `rowsOf` makes a table of, but for their order. */
export function proceduralRows(c: Connectivity, size: Size, draw: Draw): Procedural {
  const law = lawOf(c);
  const { sources, targets, recurrent = false } = size;
  const key = {
    seed: draw.seed,
    stream: streamOf(`${draw.name}.pairs`),
    targets,
    notItself: recurrent && "autapses" in c && !c.autapses,
  };
  if (law === "thinned") {
    const thinned =
      c.kind === "distance" ? distanceLaw(c, size) : conditionLaw(c as ConnectivityOf<"condition">, size, draw.name);
    return { rows: { ...key, law: thinned.law }, thinned };
  }
  if ("not" in law) throw new Error(`${draw.name}: ${law.not} (was the connection checked?)`);
  const rows: DrawnSynapses = { ...key, law };
  if (law.kind === "trials" || law.kind === "itself") return { rows };
  const { count } = kindOf(c).lines(c, size, draw);
  return { rows, degrees: Uint32Array.from({ length: sources }, (_, k) => count?.(k) ?? 0) };
}
