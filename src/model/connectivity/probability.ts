/** Every pair independently with the same probability. */
import { LineStream } from "../../base/lineStream.ts";
import { streamOf } from "../../base/random.ts";
import type { ConnectivityOf } from "../connectivity.ts";
import type { Kind } from "./kind.ts";
import { requireProbability, skipOf, successes } from "./skip.ts";

export const probabilityKind: Kind<ConnectivityOf<"probability">> = {
  check: ({ p }, _size, path) => requireProbability(p, path),
  expected: ({ p }, { sources, targets }) => p * sources * targets,
  lines: ({ p, autapses }, { targets, recurrent = false }, { name, seed }) => {
    const draws = new LineStream(seed, streamOf(`${name}.pairs`));
    const skip = skipOf(p);
    return {
      by: "source",
      ascending: true,
      distinct: true,
      each: (line, take) => {
        draws.begin(line);
        const without = autapses || !recurrent ? -1 : line;
        successes(targets, skip, draws, (k) => {
          if (k !== without) take(k);
        });
      },
    };
  },
};
