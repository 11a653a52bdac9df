/** Synapses given one by one. */
import { ModelError, requireInteger } from "../../base/errors.ts";
import type { ConnectivityOf } from "../connectivity.ts";
import { countingSort } from "./countingSort.ts";
import type { Kind } from "./kind.ts";

export const pairsKind: Kind<ConnectivityOf<"pairs">> = {
  check: ({ source, target }, { sources, targets }, path) => {
    if (source.length !== target.length)
      throw new ModelError(
        "shape-mismatch",
        path,
        `pairs need as many sources as targets, got ${source.length} and ${target.length}`,
      );
    for (let k = 0; k < source.length; k++) {
      requireInteger(`${path}.source[${k}]`, source[k]!, 0, sources - 1);
      requireInteger(`${path}.target[${k}]`, target[k]!, 0, targets - 1);
    }
  },
  expected: ({ source }) => source.length,
  lines: ({ source, target }, { sources, targets }) => {
    const byTarget = countingSort(target, targets).order;
    const { start, order } = countingSort(source, sources, byTarget);
    return {
      by: "source",
      ascending: true,
      distinct: false,
      origin: order,
      count: (line) => start[line + 1]! - start[line]!,
      each: (line, take) => {
        for (let k = start[line]!; k < start[line + 1]!; k++) take(target[order[k]!]!);
      },
    };
  },
};
