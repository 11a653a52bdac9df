/** JavaScript checks no types: front ends, encoders and augmentations refuse options that they do not know. */
import { expect, test } from "vitest";
import { ModelError } from "../../src/base/errors.ts";
import * as data from "../../src/data/index.ts";
import { refusesSlips, type Slip } from "../base/slips.ts";

const signal = { rate: 1000, channels: 1, values: [0, 1, 2] };
const examples = new data.Examples("three", 4, new Float32Array(12), new Uint8Array(3));
const series = {
  rate: 1,
  steps: 4,
  channels: ["a"],
  values: new Float32Array(4),
  labels: new Uint8Array(4),
  classes: ["x"],
};
const events = data.levelCrossings(signal, { delta: 1 });
const mel = { rate: 8000, frame: 64, hop: 32, bands: 4 };

const TAKERS: readonly Slip[] = [
  ["jitter", (o) => data.jitter({ time: "1 ms", ...o }), "tim", "time"],
  [
    "a flip as data",
    (o) => data.augment(events, [{ kind: "flip", axis: "polarity", ...o }], { seed: 1 }),
    "axsi",
    "axis",
  ],
  ["augment", (o) => data.augment(events, [], { seed: 1, ...o }), "epcoh", "epoch"],
  ["augmentImages", (o) => data.augmentImages(examples, o, { shape: [2, 2], seed: 1, epoch: 0 }), "miror", "mirror"],
  [
    "augmentImages",
    (o) => data.augmentImages(examples, {}, { shape: [2, 2], seed: 1, epoch: 0, ...o }),
    "sede",
    "seed",
  ],
  ["augmentRows", (o) => data.augmentRows(examples, o, { width: 2, seed: 1, epoch: 0 }), "mask_steps", "maskSteps"],
  ["levelCrossings", (o) => data.levelCrossings(signal, { delta: 1, ...o }), "detla", "delta"],
  ["differences", (o) => data.differences(signal, { threshold: 1, ...o }), "treshold", "threshold"],
  [
    "fromCrossings",
    (o) => data.fromCrossings(events, { delta: 1, rate: 1000, start: [0], steps: 3, ...o }),
    "strat",
    "start",
  ],
  ["populationCode", (o) => data.populationCode([0.5], 1, { neurons: 5, low: 0, high: 1, ...o }), "bate", "beta"],
  ["melSpectrogram", (o) => data.melSpectrogram(new Float32Array(64), { ...mel, ...o }), "flor", "floor"],
  ["windowsOf", (o) => data.windowsOf(series as never, { length: 2, hop: 1, ...o }), "marign", "margin"],
  ["latency", (o) => data.latency(o), "tua", "tau"],
  ["current", (o) => data.current(1, o), "level", "levels"],
];
refusesSlips(TAKERS);

test.each([
  [
    "low",
    () => data.populationCode([0.5], 1, { neurons: 5 } as never),
    "populationCode.low: must be a number for all features",
  ],
  [
    "high",
    () => data.populationCode([0.5], 1, { neurons: 5, low: 0 } as never),
    "populationCode.high: must be a number",
  ],
  ["delta", () => data.levelCrossings(signal, {} as never), "delta: is missing: one number for all channels"],
  ["threshold", () => data.differences(signal, {} as never), "threshold: is missing"],
])("%s is missing", (_name, act, message) => {
  expect(act).toThrow(ModelError);
  expect(act).toThrow(message);
});
