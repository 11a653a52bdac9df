/**
 * What price tables of neuromorphic chips share: which work of a network is work of such a chip, how many cores a network
 * takes at least, and for how long static power is paid.
 *
 * A chip's own papers give two figures that look alike: what one more event costs (marginal), and measured power divided
 * by events at one rate (all-in). Here prices are marginal, and static power stands beside them, times time: all-in
 * figures hold at the one rate at which they were measured.
 */
import { isSpiking } from "./breakeven.ts";
import type { Counts, LayerCounts } from "./counts.ts";
import { exactly, type Price, type Range } from "./horowitz.ts";
import type { Duration, PriceOptions, PriceTable, Pricing, Work } from "./prices.ts";

/** The name of a chip that has a price table. */
export type ChipName = "loihi" | "truenorth" | "spinnaker" | "odin" | "darwin3";

/** Lines that differ between chips. */
export type ChipLines = Readonly<Record<"synapticEvents" | "neuronUpdates" | "eventReads" | "seconds", Pricing>>;

/** The rest is work inside an event or an update, or work that such a chip does not do. */
export function chipLines(own: ChipLines): Readonly<Record<Work, Pricing>> {
  const event: Pricing = { includedIn: "synapticEvents" };
  const update: Pricing = { includedIn: "neuronUpdates" };
  return {
    ...own,
    macs: { unpriced: "it adds weights of spikes; products with analog values would be formed outside of it" },
    acs: event,
    weightReads: event,
    stateReads: event,
    stateWrites: event,
    additions: update,
    multiplications: update,
    otherOperations: update,
    eventWrites: { includedIn: "eventReads" },
    activationReads: { unpriced: "analog values do not travel on it as events do" },
    activationWrites: { unpriced: "reading values out of it has no published price" },
  };
}

/** Conventional units carry values, and there is nothing on a chip of spikes to carry them. */
export const needsSpikes = (counts: Counts): string[] =>
  isSpiking(counts) ? [] : ["it has no spiking neurons, and the chip carries spikes"];

/** Names of neuron models by what a chip makes of them: as they are, or with a remark. */
export type Models = Readonly<Record<string, true | string>>;

/** Why an update has no price: the model is not one that the published figure was for. */
export const onlyModels =
  (models: Models, what: string) =>
  (layer: LayerCounts): string | undefined =>
    layer.neuron === undefined || Object.hasOwn(models, layer.neuron)
      ? undefined
      : `${what} is that of ${Object.keys(models).join(", ")}, not of ${layer.neuron}`;

/** Remarks on the models of a network, each once, with the layers that have them. */
export function modelNotes(counts: Counts, models: Models): string[] {
  const found = new Map<string, string[]>();
  for (const { name, neuron } of counts.layers) {
    const remark = neuron === undefined ? true : (models[neuron] ?? true);
    if (remark !== true) found.set(remark, [...(found.get(remark) ?? []), name]);
  }
  return [...found].map(([remark, layers]) => `${layers.join(", ")}: ${remark}.`);
}

export const inputsOf = (layer: LayerCounts): number => layer.bufferCount - layer.neurons;
/** Neurons that an input of a layer reaches, on average. */
export const fanOutOf = (layer: LayerCounts): number => layer.synapses / inputsOf(layer);
export const layersWithNeurons = (counts: Counts): LayerCounts[] => counts.layers.filter((l) => l.neurons > 0);

/**
 * Cores that a network needs at least, layer by layer. Sources of its input are not in it.
 * @param coresOf of one layer of neurons
 */
export const coresNeeded = (counts: Counts, coresOf: (layer: LayerCounts) => number): number =>
  layersWithNeurons(counts).reduce((sum, layer) => sum + coresOf(layer), 0);

/** Cores that an input spike must reach, averaged over the spikes of all layers. */
export function copiesOfSpike(counts: Counts, perCore: number): number {
  const spikes = counts.total.eventReads;
  const copies = counts.layers.reduce((sum, l) => sum + l.eventReads * Math.ceil(fanOutOf(l) / perCore), 0);
  return spikes === 0 ? 1 : copies / spikes;
}

/** Time steps that something outside paces, or that the chip paces itself. */
export function paced(counts: Counts, { stepSeconds }: PriceOptions, own: Range, how: string): Duration {
  const { steps } = counts;
  const times = (step: Range): Range => ({
    low: steps * step.low,
    typical: steps * step.typical,
    high: steps * step.high,
  });
  const many = `${steps} time step${steps === 1 ? "" : "s"}`;
  if (stepSeconds !== undefined)
    return { seconds: times(exactly(stepSeconds)), text: `${many} of ${micro(stepSeconds)}, the pace of the input` };
  const span =
    own.low === own.high ? micro(own.typical) : `${micro(own.low)} to ${micro(own.high)} (${micro(own.typical)})`;
  return { seconds: times(own), text: `${many} of ${span}, ${how}` };
}
const micro = (seconds: number): string => {
  const [scale, unit] = seconds >= 1e-3 ? [1e3, "ms"] : seconds >= 1e-6 ? [1e6, "µs"] : [1e9, "ns"];
  return `${Number((seconds * scale).toPrecision(3))} ${unit}`;
};

/** Static power of the chips that a network needs; the low bound is the share of its cores, were the rest put to use. */
export function staticPower(
  cores: number,
  perChip: number,
  watts: number,
  facts: Omit<Price, "value" | "unit">,
): Price {
  const chips = Math.ceil(cores / perChip);
  const value = { low: (watts * cores) / perChip, typical: watts * chips, high: watts * chips };
  const what = `${chips} chip${chips === 1 ? "" : "s"}, of which ${cores} of ${chips * perChip} cores are used (low: their share)`;
  return { ...facts, value, unit: "W", includes: `${facts.includes}; ${what}` };
}

/** A price table of a chip. */
export type ChipTable = PriceTable & { readonly name: ChipName };
