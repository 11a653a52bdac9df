/** All kinds of connectivity. */
import type { Connectivity } from "../connectivity.ts";
import { conditionKind } from "./condition.ts";
import { inDegreeKind, outDegreeKind } from "./degree.ts";
import { distanceKind } from "./distance.ts";
import type { Kind, Kinds, Size } from "./kind.ts";
import { pairsKind } from "./pairs.ts";
import { probabilityKind } from "./probability.ts";
import { denseKind, oneToOneKind } from "./regular.ts";
import { totalNumberKind } from "./totalNumber.ts";
import { convolutionKind, poolingKind } from "./windowed.ts";

const KINDS: Kinds = {
  dense: denseKind,
  oneToOne: oneToOneKind,
  pairs: pairsKind,
  probability: probabilityKind,
  inDegree: inDegreeKind,
  outDegree: outDegreeKind,
  totalNumber: totalNumberKind,
  distance: distanceKind,
  condition: conditionKind,
  convolution: convolutionKind,
  pooling: poolingKind,
};

export const isKind = (kind: unknown): boolean => typeof kind === "string" && Object.hasOwn(KINDS, kind);
export const kindOf = (c: Connectivity): Kind<Connectivity> => KINDS[c.kind] as Kind<Connectivity>;

/** How many synapses there will be, or are to be expected. */
export const synapseCount = (c: Connectivity, size: Size): number => kindOf(c).expected(c, size);

/** @throws {ModelError} `out-of-range`, `shape-mismatch`, `unknown-name`, … for what these sizes make impossible */
export const checkConnectivity = (c: Connectivity, size: Size, path: string): void => kindOf(c).check(c, size, path);
