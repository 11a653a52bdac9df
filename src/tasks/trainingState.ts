/** A training on its way, or done, as plain data and arrays: what a checkpoint holds of it. */

import { hash64 } from "../base/hash.ts";
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
import type { LayerWatch, ParameterWatch, WatchReport } from "../learn/watch.ts";
import type { Design } from "./networks.ts";
import type { Best, Look, Selected } from "./selection.ts";
import type { Trained } from "./session.ts";
import type { Samples } from "./task.ts";

/** A training between two batches. */
export interface Going {
  readonly snapshot: TrainerSnapshot;
  readonly position: FitPosition;
  /** Of the epochs that a selection has looked at. */
  readonly best?: Best | undefined;
}
/** What a training must share with the one that is saved to go on from it. */
export const originOf = ({ net, encoder, training }: Design, { count }: Samples) => ({
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
    struct<{ active?: number; membraneUpdates?: number; each?: ArrayLike<number> }>({
      active: optional(finite),
      membraneUpdates: optional(finite),
      each: optional(numbers),
    }),
  ),
  inputEvents: finite,
});
const watch = struct<WatchReport>({
  updates: count,
  layers: recordOf(
    struct<LayerWatch>({ rate: finite, dead: count, saturated: count, neurons: count, support: finite }),
  ),
  parameters: recordOf(struct<ParameterWatch>({ gradient: finite, change: finite })),
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
    watch: optional(watch),
  }),
);
const position = struct<FitPosition>({
  epoch: count,
  batches: count,
  sums: struct<FitSums>({ loss: finite, penalty: finite, counted: count, correct: count, samples: count }),
  seconds: finite,
  reports,
});

const selected = struct<Selected>({
  epoch: count,
  accuracy: finite,
  loss: finite,
  heldOut: count,
  seconds: finite,
  looks: listOf(struct<Look>({ epoch: count, accuracy: finite, loss: finite })),
});

interface SavedGoing {
  readonly updates: number;
  readonly position: FitPosition;
  readonly best?: Selected;
}
type Measured = Omit<Trained, "parameters">;
const state = struct<{
  origin: Origin;
  going?: SavedGoing;
  trained?: Measured;
}>({
  origin: plainObject,
  going: optional(struct<SavedGoing>({ updates: count, position, best: optional(selected) })),
  trained: optional(
    struct<Measured>({
      epochs: reports,
      seconds: finite,
      samplesPerSecond: finite,
      bytes: count,
      skipped: optional(struct<{ updates: number; of: number }>({ updates: count, of: count })),
      selected: optional(selected),
    }),
  ),
});

/** Typed arrays, of which the reports of a validation have some, become lists. */
const plainOf = (x: object): object =>
  JSON.parse(JSON.stringify(x, (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value)));

/** Before the names of the best weights, among the arrays of a training on its way. */
const BEST = "best.";

export function savedGoing(origin: Origin, { snapshot, position, best }: Going): SavedTraining {
  const { parameters = {}, ...found } = best ?? {};
  const going = { updates: snapshot.updates, position, ...(best && { best: found }) };
  const kept = Object.entries(parameters).map(([name, values]) => [BEST + name, values] as const);
  return { state: plainOf({ origin, going }), arrays: new Map([...(snapshot.buffers as FloatArrays), ...kept]) };
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
  const [kept, buffers] = [true, false].map((isBest) =>
    [...saved.arrays].filter(([name]) => name.startsWith(BEST) === isBest),
  );
  const snapshot = { updates: going.updates, buffers: new Map(buffers) };
  const parameters = Object.fromEntries(kept!.map(([name, values]) => [name.slice(BEST.length), values]));
  const best = going.best && { ...going.best, parameters };
  return { origin, going: { snapshot, position: going.position, ...(best && { best }) } };
}
