/**
 * What a report shows from inside a trained network: a few test samples with their inputs, spikes and membranes, and how
 * often neurons fire. It is recorded after everything that is measured, and only where a report is asked for.
 */
import type { Backend } from "../backend/backend.ts";
import { Sequences } from "../data/sequences.ts";
import type { RatesDocument, ShownDocument, ShownSample, TraceDocument } from "../report/document.ts";
import { type Recorded, recordSamples } from "./record.ts";
import type { Loaded } from "./run.ts";
import { labelEach } from "./samples.ts";
import type { Deployed, Evaluated } from "./session.ts";
import { type Threshold, thresholdOf } from "./threshold.ts";

export interface ShownOptions {
  readonly backend: Backend;
  readonly seed: number;
}

/** A sample to show, and why it. */
interface Chosen {
  readonly number: number;
  readonly why: string;
}

/** Steps of samples that neurons' rates are counted over, at most; and samples, at most. */
const RATE_STEPS = 20_000;
const RATE_SAMPLES = 200;

export async function shownOf(
  loaded: Loaded,
  d: Deployed,
  result: Evaluated,
  options: ShownOptions,
): Promise<ShownDocument> {
  const { test } = loaded.data;
  const chosen = chosenOf(loaded, result);
  const record = watched(d);
  const recorded = await recordSamples(d, test, numbersOf(chosen), { ...options, record });
  const samples = recorded.map((r, k) => sampleDocument(loaded, d, result, r, chosen[k]!.why));
  const count = Math.max(1, Math.min(test.count, RATE_SAMPLES, Math.floor(RATE_STEPS / (d.net.steps ?? 1))));
  const first = Array.from({ length: count }, (_, k) => k);
  const counted = await recordSamples(d, test, first, { ...options, record: [] });
  return { dt: stepOf(loaded, d), samples, rates: ratesOf(counted) };
}
const numbersOf = (chosen: readonly Chosen[]): number[] => chosen.map((c) => c.number);
/** Recordings have steps of their own; the model time of a network may be another. */
const stepOf = ({ data }: Loaded, { net }: Deployed): number => ("dt" in data ? data.dt : net.dt);

/** Samples of the first classes that were answered rightly, and the first that was not; of sequences a typical and a bad one. */
function chosenOf(loaded: Loaded, { predictions }: Evaluated): Chosen[] {
  if (loaded.kind === "sequences") return sequencesToShow(loaded.data.test, predictions);
  const labels = labelEach(loaded.data.test);
  const right = (k: number): boolean => predictions[k] === labels[k];
  const seen = new Set<number>();
  const chosen: Chosen[] = [];
  for (let k = 0; k < labels.length && chosen.length < RIGHT_SHOWN; k++) {
    if (!right(k) || seen.has(labels[k]!)) continue;
    seen.add(labels[k]!);
    chosen.push({ number: k, why: "answered rightly" });
  }
  const wrong = Array.from(labels).findIndex((_, k) => !right(k));
  return wrong < 0 ? chosen : [...chosen, { number: wrong, why: "the first answered wrongly" }];
}
const RIGHT_SHOWN = 2;

function sequencesToShow(test: Sequences, predictions: Int32Array): Chosen[] {
  const order = Array.from({ length: test.count }, (_, s) => s).sort(
    (a, b) => accuracyOf(test, predictions, a) - accuracyOf(test, predictions, b) || a - b,
  );
  const middle = { number: order[order.length >> 1]!, why: "of middling accuracy" };
  return order.length === 1 ? [middle] : [middle, { number: order[0]!, why: "the worst answered" }];
}
function accuracyOf({ labels, lengths, steps }: Sequences, predictions: Int32Array, s: number): number {
  let right = 0;
  for (let row = s * steps; row < s * steps + lengths[s]!; row++) right += Number(predictions[row] === labels[row]);
  return right / lengths[s]!;
}

/** Membranes: what a threshold tests, and of the output its first variable. */
function watched({ net, parameters }: Deployed): string[] {
  const firing = Object.keys(net.populations).flatMap((node) => {
    const threshold = thresholdOf(net, node, parameters);
    return threshold ? [`${node}.${threshold.variable}`] : [];
  });
  const { output } = net;
  const population = output === undefined ? undefined : net.populations[output];
  const read = population && !population.model.spike ? population.model.variables[0]?.name : undefined;
  return read === undefined ? firing : [...firing, `${output}.${read}`];
}

function sampleDocument(loaded: Loaded, d: Deployed, result: Evaluated, r: Recorded, why: string): ShownSample {
  return {
    number: r.number,
    why,
    steps: r.steps,
    ...(loaded.kind === "sequences"
      ? stepsShown(loaded.data.test, result.predictions, r)
      : pictureShown(loaded, result.predictions, r.number)),
    rasters: [...(r.input ? [r.input] : []), ...r.layers],
    traces: Object.keys(r.values).flatMap((name) => tracesOf(d, r, name)),
  };
}

function stepsShown(test: Sequences, predictions: Int32Array, { number, steps }: Recorded) {
  const from = number * test.steps;
  return {
    labels: Array.from(test.labels.subarray(from, from + steps)),
    answers: Array.from(predictions.subarray(from, from + steps)),
    accuracy: accuracyOf(test, predictions, number),
  };
}
function pictureShown({ data }: Exclude<Loaded, { kind: "sequences" }>, predictions: Int32Array, number: number) {
  const { test, classes } = data;
  const answers = { label: classes[labelEach(test)[number]!]!, answer: classes[predictions[number]!]! };
  if (test instanceof Sequences || !("shape" in data)) return answers;
  const { shape } = data;
  const [height, width] = shape;
  const features = test.features.subarray(number * test.size, (number + 1) * test.size);
  const grey = features instanceof Uint8Array ? features : features.map((x) => Math.round(255 * x));
  return {
    ...answers,
    ...(shape.length === 2 && { image: { width: width!, height: height!, levels: Array.from(grey) } }),
  };
}

/** Of a layer that fires its busiest, a middling and a silent neuron; of one that answers by value all. */
function tracesOf({ net, parameters }: Deployed, r: Recorded, name: string): TraceDocument[] {
  const [node, variable] = name.split(".") as [string, string];
  const layer = r.layers.find((l) => l.name === node);
  const threshold = layer && thresholdOf(net, node, parameters);
  const { size } = net.populations[node]!;
  const chosen = layer
    ? neuronsToShow(layer)
    : Array.from({ length: size }, (_, neuron) => ({ neuron, why: "answer" }));
  return chosen.map(({ neuron, why }) => {
    const spikes = layer ? layer.steps.filter((_, k) => layer.neurons[k] === neuron) : [];
    return {
      name: node,
      variable,
      neuron,
      why,
      values: Array.from({ length: r.steps }, (_, t) => rounded(r.values[name]![t * size + neuron]!)),
      spikes,
      count: spikes.length,
      ...thresholdAt(threshold, neuron),
    };
  });
}
function thresholdAt(threshold: Threshold | undefined, neuron: number): { threshold?: number } {
  const value = threshold?.of(neuron);
  return value === undefined ? {} : { threshold: rounded(value) };
}
/** Six digits are more than a picture shows. */
const rounded = (x: number): number => Number(x.toPrecision(6));

function neuronsToShow(layer: Recorded["layers"][number]): { neuron: number; why: string }[] {
  const spikes = countsOf([layer]);
  const order = Array.from(spikes.keys()).sort((a, b) => spikes[b]! - spikes[a]! || a - b);
  const busy = order.filter((k) => spikes[k]! > 0);
  const silent = order.find((k) => spikes[k] === 0);
  const found = [
    { neuron: busy[0], why: "the busiest" },
    { neuron: busy.length > 2 ? busy[busy.length >> 1] : undefined, why: "a middling one" },
    { neuron: silent, why: "a silent one" },
  ];
  return found.flatMap(({ neuron, why }) => (neuron === undefined ? [] : [{ neuron, why }]));
}

function countsOf(rasters: readonly Recorded["layers"][number][]): Uint32Array {
  const counts = new Uint32Array(rasters[0]!.size);
  for (const { neurons } of rasters) for (const k of neurons) counts[k]!++;
  return counts;
}

function ratesOf(recorded: readonly Recorded[]): ShownDocument["rates"] {
  const steps = recorded.reduce((sum, r) => sum + r.steps, 0);
  const names = recorded[0]!.layers.map((l) => l.name);
  const layers = names.map((name, k) => histogram(name, countsOf(recorded.map((r) => r.layers[k]!)), steps));
  return { samples: recorded.length, steps, layers };
}

const BINS = 16;
function histogram(name: string, spikes: Uint32Array, steps: number): RatesDocument {
  const rates = Array.from(spikes, (n) => n / steps);
  const highest = Math.max(...rates);
  const width = highest > 0 ? roundUp(highest / BINS) : 1 / BINS;
  const bins = Math.max(1, Math.ceil(highest / width));
  const counts = Array.from({ length: bins }, () => 0);
  for (const rate of rates) counts[Math.min(bins - 1, Math.floor(rate / width))]!++;
  return {
    name,
    size: spikes.length,
    edges: Array.from({ length: bins + 1 }, (_, k) => Number((k * width).toPrecision(6))),
    counts,
    silent: spikes.filter((n) => n === 0).length,
    mean: rates.reduce((a, b) => a + b, 0) / rates.length,
    highest,
  };
}
/** The next of 1, 2 and 5 times a power of ten. */
function roundUp(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x));
  return power * ([1, 2, 5, 10].find((m) => m * power >= x * (1 - 1e-9)) ?? 10);
}
