/** What a run found, as one plain document. */
import { formatDimension, isDimensionless } from "../../base/dimension.ts";
import { UNITS } from "../../base/units.ts";
import { namesIn } from "../../model/equations/ast.ts";
import { lower } from "../../model/lower.ts";
import type { Network } from "../../model/network.ts";
import { toFloat } from "../../model/values.ts";
import type {
  HistogramDocument,
  PopulationDocument,
  RasterDocument,
  SampledDocument,
  SimulateDocument,
} from "../../report/document.ts";
import { meaningIn, startOf, valueOf } from "../../sim/health/numbers.ts";
import { symbolOf } from "../explainQuantity.ts";
import { thresholdOf } from "../threshold.ts";
import { binRates, histogram, type Intervals, intervalsOf, moments, quantile, rangeOf, thinned } from "./analysis.ts";
import type { Collected, SpikeTrain, Trace } from "./collected.ts";
import type { RecordedSynapses } from "./record.ts";

const BARS = 40;
/** Points of a curve of a report. */
const POINTS = 4000;
/** Spikes of a raster; of more, some neurons are shown. */
const MOST_SPIKES = 2_000_000;

const sum = (xs: ArrayLike<number>): number => Array.prototype.reduce.call(xs, (a, b) => a + b, 0) as number;

/** Seconds that have been run. */
export const secondsDone = ({ done, extent }: Collected): number => done * extent.tick;

/** Populations, with what their neurons did. */
export function populationDocuments(
  net: Network,
  c: Collected,
  intervals: ReadonlyMap<string, Intervals>,
): PopulationDocument[] {
  const seconds = secondsDone(c);
  return Object.entries(net.populations).map(([name, { size, model }]) => {
    const perNeuron = c.perNeuron.get(name);
    const what = { name, size, model: model.name, spiking: perNeuron !== undefined };
    if (!perNeuron || seconds === 0) return what;
    const spikes = sum(perNeuron);
    const found = intervals.get(name);
    return {
      ...what,
      spikes,
      rate: spikes / (size * seconds),
      highest: rangeOf(perNeuron).high / seconds,
      silent: perNeuron.reduce((n, count) => n + Number(count === 0), 0),
      ...(found?.cv !== undefined && { cv: found.cv, cvNeurons: found.cvNeurons }),
      rates: binRates(c.bins.get(name)!, c.done / c.binTicks, size, c.binTicks * c.extent.tick),
    };
  });
}

/** Of populations whose spikes are kept. */
export const intervalsIn = (c: Collected): Map<string, Intervals> =>
  new Map(c.trains.map((train) => [train.node, intervalsOf(train, c.extent.tick, secondsDone(c))]));

export function neuronRates(c: Collected): HistogramDocument[] {
  const seconds = secondsDone(c);
  return [...c.perNeuron].flatMap(([name, counts]) => {
    const rates = Float64Array.from(counts, (n) => n / seconds);
    const { high } = rangeOf(rates);
    if (!(high > 0) || rates.length < 2) return [];
    // A bar never holds more different counts than another: the widths are whole numbers of spikes.
    const each = Math.max(1, Math.ceil((high * seconds + 1) / BARS));
    const bars = Math.ceil((high * seconds + 1) / each);
    return [histogramDocument(name, "spikes a second", rates, bars, [0, (bars * each) / seconds])];
  });
}

/** Up to the 99th percentile and somewhat more: a few long silences would press the rest together. */
export function intervalHistograms(intervals: ReadonlyMap<string, Intervals>, c: Collected): HistogramDocument[] {
  return [...intervals].flatMap(([name, { intervals }]) => {
    if (intervals.length === 0) return [];
    const milliseconds = intervals.map((x) => 1000 * x);
    const { high } = rangeOf(milliseconds);
    const end = Math.min(high, 1.2 * quantile(milliseconds, 0.99));
    const step = c.extent.whole ? 1000 * c.extent.tick : 0;
    const width = step > 0 ? Math.max(step, Math.ceil(end / BARS / step) * step) : end / BARS || 1;
    const bars = Math.max(1, Math.ceil(end / width + (step > 0 ? 0.5 : 0)));
    // Intervals are whole steps: edges lie between them.
    const low = step > 0 ? -step / 2 : 0;
    return [histogramDocument(name, "interval, ms", milliseconds, bars, [low, low + bars * width])];
  });
}

function histogramDocument(
  name: string,
  of: string,
  values: Float64Array,
  bars: number,
  ends: readonly [number, number],
): HistogramDocument {
  const { edges, counts } = histogram(values, bars, ends);
  const beyond = values.length - sum(counts);
  return { name, of, count: values.length, ...moments(values), edges, counts, ...(beyond > 0 && { beyond }) };
}

/** What of synapses was looked at, at the beginning and at the end. */
export interface Looked {
  readonly of: RecordedSynapses;
  readonly before: ArrayLike<number> | undefined;
  readonly after: ArrayLike<number> | undefined;
}
export function weightHistograms(all: readonly Looked[]): HistogramDocument[] {
  return all.flatMap(({ of: { connection, variable }, before, after }) => {
    if (!after || after.length === 0) return [];
    const [now, then] = [rangeOf(after), rangeOf(before ?? after)];
    const [low, high] = [Math.min(now.low, then.low), Math.max(now.high, then.high)];
    const ends = [low, high > low ? high : low + Math.max(1e-12, Math.abs(low))] as const;
    const { edges, counts } = histogram(after, BARS, ends);
    const name = `${connection}.${variable}`;
    const what = {
      name,
      of: variable === "w" ? "weight" : variable,
      count: after.length,
      ...moments(after),
      edges,
      counts,
    };
    if (!before || sameNumbers(before, after)) return [what];
    return [{ ...what, before: { ...moments(before), counts: histogram(before, BARS, ends).counts } }];
  });
}
function sameNumbers(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let k = 0; k < a.length; k++) if (a[k] !== b[k]) return false;
  return true;
}

/** Spikes to look at, and a word on those that are left out. */
export function rasterDocuments(c: Collected): { rasters: NonNullable<SimulateDocument["rasters"]>; notes: string[] } {
  const { extent } = c;
  // Exact times are shown on a grid as fine as a screen of screens.
  const tickSeconds = extent.whole ? extent.tick : (extent.total * extent.tick) / FINE;
  const ticks = Math.max(1, Math.round(secondsDone(c) / tickSeconds));
  const { trains } = c;
  const every = Math.max(1, Math.ceil(trains.reduce((n, t) => n + t.ticks.length, 0) / MOST_SPIKES));
  const rasters = trains.map((t) => rasterOf(t, extent.tick / tickSeconds, every, ticks));
  const notes =
    every > 1 ? [`The raster shows every ${every}th neuron; there are too many spikes to show them all.`] : [];
  return { rasters: { ticks, tickSeconds, rasters }, notes };
}
const FINE = 2 ** 20;

function rasterOf(
  { node, size, ticks, indices }: SpikeTrain,
  factor: number,
  every: number,
  most: number,
): RasterDocument {
  const kept: number[] = [];
  for (let k = 0; k < ticks.length; k++) if (indices[k]! % every === 0) kept.push(k);
  const step = (k: number): number => Math.min(most - 1, Math.floor(ticks[k]! * factor));
  // On a coarser grid spikes of one step may be out of order.
  if (factor !== 1) kept.sort((a, b) => step(a) - step(b) || indices[a]! - indices[b]!);
  return {
    name: node,
    of: "neurons",
    size,
    count: kept.length,
    steps: kept.map(step),
    neurons: kept.map((k) => indices[k]!),
  };
}

/** Curves to look at; `most` of them. */
export function sampledDocuments(
  net: Network,
  c: Collected,
  most: number,
): { traces: SampledDocument[]; left: number } {
  const all = c.traces.flatMap((t) => t.neurons.map((neuron, k) => ({ t, neuron, k })));
  const spikes = spikesOf(c, new Set(all.slice(0, most).map(({ t, neuron }) => `${t.node} ${neuron}`)));
  const traces = all.slice(0, most).map(({ t, neuron, k }) => sampledDocument(net, c, t, neuron, k, spikes));
  return { traces, left: all.length - traces.length };
}
/** Seconds, by population and neuron. */
function spikesOf(c: Collected, wanted: ReadonlySet<string>): Map<string, number[]> {
  const found = new Map([...wanted].map((key) => [key, [] as number[]]));
  if (wanted.size === 0) return found;
  for (const { node, ticks, indices } of c.trains)
    for (let k = 0; k < ticks.length; k++) found.get(`${node} ${indices[k]}`)?.push(ticks[k]! * c.extent.tick);
  return found;
}
function sampledDocument(
  net: Network,
  c: Collected,
  { node, variable, ticks, columns }: Trace,
  neuron: number,
  k: number,
  spikes: ReadonlyMap<string, readonly number[]>,
): SampledDocument {
  const curve = thinned(ticks, columns[k]!, POINTS);
  const threshold = levelOf(net, node, variable, neuron);
  return {
    name: node,
    variable,
    neuron,
    unit: unitOf(net, node, variable),
    times: curve.ticks.map((t) => t * c.extent.tick),
    values: curve.values.map((v) => Number(v.toPrecision(6))),
    thinned: curve.values.length < ticks.length,
    spikes: spikes.get(`${node} ${neuron}`) ?? [],
    ...(threshold !== undefined && { threshold }),
  };
}
/** What the variable must exceed, where the condition to fire is a comparison with one number. */
function levelOf(net: Network, node: string, variable: string, neuron: number): number | undefined {
  const p = net.populations[node];
  const found = p && thresholdOf(net, node, {});
  if (!p || found?.variable !== variable) return undefined;
  return found.of(neuron) ?? constantIn(net, p);
}
/** Such as `-50*mV`. */
function constantIn(net: Network, p: Network["populations"][string]): number | undefined {
  const { spike, parameters } = p.model;
  if (spike?.tag !== "compare") return undefined;
  const own = new Set(
    parameters.filter(({ name }) => (p.parameters[name]?.kind ?? "constant") === "constant").map((x) => x.name),
  );
  if ([...namesIn(spike.b)].some((name) => !own.has(name) && !UNITS.has(name))) return undefined;
  return valueOf(toFloat(lower(spike.b, meaningIn(net, p))), startOf(p));
}

function unitOf(net: Network, node: string, variable: string): string {
  const model = net.populations[node]?.model;
  const found = [...(model?.variables ?? []), ...(model?.subexpressions ?? [])].find((v) => v.name === variable);
  if (!found || isDimensionless(found.dimension)) return "";
  return symbolOf(found.dimension) ?? formatDimension(found.dimension);
}
