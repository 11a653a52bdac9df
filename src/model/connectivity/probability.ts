/** Every pair independently with the same probability. */
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import type { ConnectivityOf } from "../connectivity.ts";
import type { Kind } from "./kind.ts";
import { failureFactor, requireProbability, skipOf, successes } from "./skip.ts";

export const probabilityKind: Kind<ConnectivityOf<"probability">> = {
  check: ({ p }, _size, path) => requireProbability(p, path),
  expected: ({ p }, { sources, targets }) => p * sources * targets,
  lines: ({ p, autapses }, { targets, recurrent = false }, { name, seed }) => {
    const stream = streamOf(`${name}.pairs`);
    const draws = new LineStream(seed, stream);
    const skip = skipOf(p);
    const notItself = recurrent && !autapses;
    const law = { kind: "trials", factor: failureFactor(p) } as const;
    return {
      by: "source",
      ascending: true,
      distinct: true,
      ...(p > 0 && p < 1 && { drawn: { seed, stream, targets, notItself, law } }),
      each: (line, take) => {
        draws.begin(line);
        const without = notItself ? line : -1;
        successes(targets, skip, draws, (k) => {
          if (k !== without) take(k);
        });
      },
    };
  },
};
