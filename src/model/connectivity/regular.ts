/** Connectivity that nothing is drawn for: all to all, and one to one. */
import { ModelError } from "../../base/errors.ts";
import type { ConnectivityOf } from "../connectivity.ts";
import type { Kind } from "./kind.ts";

export const denseKind: Kind<ConnectivityOf<"dense">> = {
  check: () => {},
  expected: (_c, { sources, targets }) => sources * targets,
  lines: (_c, { targets }) => ({
    by: "source",
    ascending: true,
    distinct: true,
    count: () => targets,
    each: (_line, take) => {
      for (let k = 0; k < targets; k++) take(k);
    },
  }),
};

export const oneToOneKind: Kind<ConnectivityOf<"oneToOne">> = {
  check: (_c, { sources, targets }, path) => {
    if (sources !== targets)
      throw new ModelError("shape-mismatch", path, `one-to-one needs equal sizes, got ${sources} and ${targets}`);
  },
  expected: (_c, { sources }) => sources,
  lines: () => ({ by: "source", ascending: true, distinct: true, count: () => 1, each: (line, take) => take(line) }),
};
