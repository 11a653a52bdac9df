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
import { secondsText, symbolOf } from "../explainQuantity.ts";
import { thresholdOf } from "../threshold.ts";
import { Bars, binRates, type Histogram, histogram, moments, rangeOf } from "./analysis.ts";
import type { Collected, TracedNeuron } from "./collected.ts";
import { MOST_MARKS, type SpikeTrain } from "./drawn.ts";
import type { RecordedSynapses } from "./record.ts";

const BARS = 40;

const sum = (xs: ArrayLike<number>): number => Array.prototype.reduce.call(xs, (a, b) => a + b, 0) as number;

/** Seconds that have been run. */
export const secondsDone = ({ done, extent }: Collected): number => done * extent.tick;

/** Populations, with what their neurons did. */
export function populationDocuments(net: Network, c: Collected): PopulationDocument[] {
  const seconds = secondsDone(c);
  const { intervals, bins } = c;
  return Object.entries(net.populations).map(([name, { size, model }]) => {
    const perNeuron = c.perNeuron.get(name);
    const what = { name, size, model: model.name, spiking: perNeuron !== undefined };
    if (!perNeuron || seconds === 0) return what;
    const spikes = sum(perNeuron);
    const found = intervals.get(name)?.variation;
    return {
      ...what,
      spikes,
      rate: spikes / (size * seconds),
      highest: rangeOf(perNeuron).high / seconds,
      silent: perNeuron.reduce((n, count) => n + Number(count === 0), 0),
      ...(found?.cv !== undefined && { cv: found.cv, cvNeurons: found.cvNeurons }),
      rates: binRates(bins.get(name)!, c.done / c.binTicks, size, c.binTicks * c.extent.tick),
    };
  });
}

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
export function intervalHistograms(c: Collected): HistogramDocument[] {
  const milliseconds = 1000 * c.extent.tick;
  return [...c.intervals].flatMap(([name, { all, occurrences }]) => {
    if (all.count === 0) return [];
    const end = milliseconds * Math.min(occurrences.highest, 1.2 * occurrences.quantile(0.99));
    const step = c.extent.whole ? milliseconds : 0;
    const width = step > 0 ? Math.max(step, Math.ceil(end / BARS / step) * step) : end / BARS || 1;
    const count = Math.max(1, Math.ceil(end / width + (step > 0 ? 0.5 : 0)));
    // Intervals are whole steps: edges lie between them.
    const low = step > 0 ? -step / 2 : 0;
    const bars = new Bars(count, [low, low + count * width]);
    for (const [interval, times] of occurrences) bars.add(milliseconds * interval, times);
    const [mean, sd] = [milliseconds * all.mean, milliseconds * all.sd];
    return [barsDocument(name, "interval, ms", { count: all.count, mean, sd }, bars.histogram)];
  });
}

function histogramDocument(
  name: string,
  of: string,
  values: Float64Array,
  bars: number,
  ends: readonly [number, number],
): HistogramDocument {
  return barsDocument(name, of, { count: values.length, ...moments(values) }, histogram(values, bars, ends));
}
function barsDocument(
  name: string,
  of: string,
  all: Pick<HistogramDocument, "count" | "mean" | "sd">,
  { edges, counts }: Histogram,
): HistogramDocument {
  const beyond = all.count - sum(counts);
  return { name, of, ...all, edges, counts, ...(beyond > 0 && { beyond }) };
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

/** Spikes to look at, if any are kept for that, and a word on those that are left out. */
export function rasterDocuments({ extent, drawn, done }: Collected): {
  readonly rasters?: NonNullable<SimulateDocument["rasters"]>;
  readonly notes: readonly string[];
} {
  if (!drawn) return { notes: [] };
  const { every, until } = drawn;
  // Exact times are shown on a grid as fine as a screen of screens.
  const tickSeconds = extent.whole ? extent.tick : (extent.total * extent.tick) / FINE;
  const ticks = Math.max(1, Math.round((done * extent.tick) / tickSeconds));
  const rasters = drawn.trains.map((t) => rasterOf(t, extent.tick / tickSeconds, ticks));
  const what = every > 1 ? [`one neuron in ${every}`] : [];
  const when = until < done ? [`the first ${secondsText(Number((until * extent.tick).toPrecision(6)))}`] : [];
  const left = [...what, ...when].join(", and ");
  const notes = left === "" ? [] : [`The raster shows ${left}; there are too many spikes to show them all.`];
  return { rasters: { ticks, tickSeconds, rasters }, notes };
}
const FINE = 2 ** 20;

function rasterOf({ node, size, ticks, indices }: SpikeTrain, factor: number, most: number): RasterDocument {
  const step = (k: number): number => Math.min(most - 1, Math.floor(ticks[k]! * factor));
  const order = Array.from({ length: ticks.length }, (_, k) => k);
  // On a coarser grid spikes of one step may be out of order.
  if (factor !== 1) order.sort((a, b) => step(a) - step(b) || indices[a]! - indices[b]!);
  return {
    name: node,
    of: "neurons",
    size,
    count: order.length,
    steps: order.map(step),
    neurons: order.map((k) => indices[k]!),
  };
}

/** Curves to look at. */
export const sampledDocuments = (net: Network, c: Collected): SampledDocument[] =>
  c.traced.map((t) => sampledDocument(net, c, t));
function sampledDocument(net: Network, c: Collected, { node, variable, neuron, curve }: TracedNeuron): SampledDocument {
  const { ticks, values } = curve.points;
  const spikes = c.marksOf(node, neuron).map((t) => t * c.extent.tick);
  const threshold = levelOf(net, node, variable, neuron);
  const isCut = spikes.length === MOST_MARKS && c.perNeuron.get(node)![neuron]! > MOST_MARKS;
  return {
    name: node,
    variable,
    neuron,
    unit: unitOf(net, node, variable),
    times: ticks.map((t) => t * c.extent.tick),
    values: values.map((v) => Number(v.toPrecision(6))),
    thinned: values.length < curve.samples,
    spikes,
    ...(isCut && { spikesUntil: spikes.at(-1)! }),
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
