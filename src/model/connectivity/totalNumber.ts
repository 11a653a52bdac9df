/** A number of synapses whose pairs are drawn one by one. */
import { binomialOf } from "../../base/binomial.ts";
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
  // The number of each row is drawn first: every source is in as many pairs, so that of those which are left the share of a
  // source is binomial.
  lines: ({ total, autapses }, { sources, targets, recurrent = false }, { name, seed }) => {
    const stream = streamOf(`${name}.pairs`);
    const draws = new LineStream(seed, stream);
    const counts = new Uint32Array(sources);
    for (let line = 0, left = total; line < sources; line++) {
      draws.begin(line, COUNTS);
      counts[line] = binomialOf(draws.uniform(), left, 1 / (sources - line));
      left -= counts[line]!;
    }
    const notItself = recurrent && !autapses;
    const among = notItself ? targets - 1 : targets;
    return {
      by: "source",
      ascending: false,
      distinct: false,
      count: (line) => counts[line]!,
      ...(among > 0 && { drawn: { seed, stream, targets, notItself, law: { kind: "choices" } } as const }),
      each: (line, take) => {
        draws.begin(line);
        withReplacement(counts[line]!, among, draws, notItself ? (k) => take(k < line ? k : k + 1) : take);
      },
    };
  },
};
