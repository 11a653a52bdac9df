/** A number of synapses whose pairs are drawn one by one. */
import { ModelError, requireInteger } from "../../base/errors.ts";
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import type { ConnectivityOf } from "../connectivity.ts";
import { withReplacement } from "./degree.ts";
import type { Kind } from "./kind.ts";

/** Draws of the numbers of the rows, beside those in the rows. */
const COUNTS = 1;

export const totalNumberKind: Kind<ConnectivityOf<"totalNumber">> = {
  check: ({ total, autapses }, { sources, targets, recurrent }, path) => {
    requireInteger(`${path}.total`, total, 0, 2 ** 31 - 1);
    if (total === 0 || (sources > 0 && targets > Number(!autapses && recurrent))) return;
    throw new ModelError("out-of-range", `${path}.total`, `must be 0, for there is no pair to join; got ${total}`);
  },
  expected: ({ total }) => total,
  // The number of each row is drawn first: every source is in as many pairs, so each draw falls on one of them evenly.
  lines: ({ total, autapses }, { sources, targets, recurrent = false }, { name, seed }) => {
    const draws = new LineStream(seed, streamOf(`${name}.pairs`));
    const counts = new Uint32Array(sources);
    draws.begin(0, COUNTS);
    for (let k = 0; k < total; k++) counts[draws.below(sources)]!++;
    const notItself = recurrent && !autapses;
    return {
      by: "source",
      ascending: false,
      distinct: false,
      count: (line) => counts[line]!,
      each: (line, take) => {
        draws.begin(line);
        if (notItself) withReplacement(counts[line]!, targets - 1, draws, (k) => take(k < line ? k : k + 1));
        else withReplacement(counts[line]!, targets, draws, take);
      },
    };
  },
};
