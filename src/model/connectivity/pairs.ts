/** Synapses given one by one. */
import { ModelError, requireInteger } from "../../base/errors.ts";
import type { ConnectivityOf } from "../connectivity.ts";
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
    const byTarget = sorted(target, targets).order;
    const { start, order } = sorted(source, sources, byTarget);
    return {
      by: "source",
      ascending: true,
      origin: order,
      count: (line) => start[line + 1]! - start[line]!,
      each: (line, take) => {
        for (let k = start[line]!; k < start[line + 1]!; k++) take(target[order[k]!]!);
      },
    };
  },
};

/** A stable counting sort of what comes in some order. */
function sorted(
  keys: ArrayLike<number>,
  buckets: number,
  before?: Uint32Array,
): { start: Uint32Array; order: Uint32Array } {
  const start = new Uint32Array(buckets + 1);
  for (let k = 0; k < keys.length; k++) start[keys[k]! + 1]!++;
  for (let b = 0; b < buckets; b++) start[b + 1]! += start[b]!;
  const next = start.slice(0, buckets);
  const order = new Uint32Array(keys.length);
  for (let n = 0; n < keys.length; n++) {
    const k = before ? before[n]! : n;
    order[next[keys[k]!]!++] = k;
  }
  return { start, order };
}
