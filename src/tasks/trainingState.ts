/** A training on its way, or done, as plain data and arrays: what a checkpoint holds of it. */

import { hash64 } from "../base/hash.ts";
import type { Examples } from "../data/dataset.ts";
import {
  badFile,
  finite,
  integer,
  listOf,
  numbers,
  optional,
  plainObject,
  recordOf,
  struct,
  text,
} from "../io/check.ts";
import type { FloatArrays, SavedTraining } from "../io/checkpoint.ts";
import { networkToJson } from "../io/networkJson.ts";
import type { EpochReport, FitPosition, FitSums, Summary } from "../learn/fit.ts";
import type { TrainerSnapshot } from "../learn/snapshot.ts";
import type { Design } from "./networks.ts";
import type { Trained } from "./session.ts";

/** A training between two batches. */
export interface Going {
  readonly snapshot: TrainerSnapshot;
  readonly position: FitPosition;
}
/** What a training must share with the one that is saved to go on from it. */
export const originOf = ({ net, encoder, training }: Design, { count }: Examples) => ({
  network: hash64(JSON.stringify(networkToJson(net))),
  encoder,
  training,
  samples: count,
});
type Origin = object;

const count = integer(0);
const summary = struct<Summary>({
  samples: count,
  steps: count,
  loss: finite,
  accuracy: finite,
  counted: count,
  predictions: (x, path) => Int32Array.from(numbers(x, path)),
  confusion: (x, path) => Uint32Array.from(numbers(x, path)),
  activity: recordOf(
    struct<{ active?: number; membraneUpdates?: number }>({
      active: optional(finite),
      membraneUpdates: optional(finite),
    }),
  ),
  inputEvents: finite,
});
const reports = listOf(
  struct<EpochReport>({
    epoch: count,
    loss: finite,
    penalty: finite,
    accuracy: finite,
    seconds: finite,
    samples: count,
    validation: optional(summary),
    warnings: listOf(text),
  }),
);
const position = struct<FitPosition>({
  epoch: count,
  batches: count,
  sums: struct<FitSums>({ loss: finite, penalty: finite, counted: count, correct: count, samples: count }),
  seconds: finite,
  reports,
});

type Measured = Omit<Trained, "parameters">;
const state = struct<{
  origin: Origin;
  going?: { readonly updates: number; readonly position: FitPosition };
  trained?: Measured;
}>({
  origin: plainObject,
  going: optional(struct({ updates: count, position })),
  trained: optional(struct<Measured>({ epochs: reports, seconds: finite, samplesPerSecond: finite, bytes: count })),
});

/** Typed arrays, of which the reports of a validation have some, become lists. */
const plainOf = (x: object): object =>
  JSON.parse(JSON.stringify(x, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value)));

export function savedGoing(origin: Origin, { snapshot, position }: Going): SavedTraining {
  const going = { updates: snapshot.updates, position };
  return { state: plainOf({ origin, going }), arrays: snapshot.buffers as FloatArrays };
}
export const savedTrained = (origin: Origin, { parameters, ...trained }: Trained): SavedTraining => ({
  state: plainOf({ origin, trained }),
  arrays: new Map(Object.entries(parameters)),
});

/** @throws {DataError} `bad-file` */
export function trainingIn(
  saved: SavedTraining,
  path: string,
): { readonly origin: Origin; readonly going?: Going; readonly trained?: Trained } {
  const { origin, going, trained } = state(saved.state, path);
  if (trained) return { origin, trained: { ...trained, parameters: Object.fromEntries(saved.arrays) } };
  if (!going) throw badFile(path, "is neither on its way nor done");
  const snapshot = { updates: going.updates, buffers: saved.arrays };
  return { origin, going: { snapshot, position: going.position } };
}
