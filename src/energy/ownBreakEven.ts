/**
 * The spike rate at which a network of spikes needs as much as its twin, by its own counts and the same prices.
 *
 * Energy is a straight line in the activity: what is paid in any case (updates of neurons, biases, analog input), and
 * what each spike costs on its way through its synapses. With `E(f)` for f times as many spikes,
 * `E(f) = E(0) + f · (E(1) − E(0))`, and it meets the twin's at `f = (E_twin − E(0)) / (E(1) − E(0))`.
 */
import { type Account, type EnergyOptions, energy } from "./account.ts";
import { isDead, spikeRate, spikesPerSynapse } from "./breakeven.ts";
import { type Counts, countNetwork, type LayerCounts } from "./counts.ts";
import type { Range } from "./horowitz.ts";
import type { PriceTable } from "./prices.ts";

/** How many spikes make a network need as much as its twin. */
export interface OwnBreakEven {
  /** Times the spikes that there are, at each setting of the prices; below 0 where it loses even in silence. */
  readonly factor: Range;
  /** The spikes that this means; undefined where no synapse is crossed by spikes, or no neuron fires. */
  readonly spikesPerSynapse: Range | undefined;
  readonly spikeRate: Range | undefined;
}

/**
 * @param counts of a spiking network, counted event by event
 * @param twin its twin by the same table
 * @returns undefined for a network without spikes, or where either has work without a price
 */
export function ownBreakEven(
  counts: Counts,
  table: PriceTable,
  twin: Account,
  options: EnergyOptions = {},
): OwnBreakEven | undefined {
  const now = energy(counts, table, options);
  if (isDead(counts) || now.spikeRate === undefined || now.lowerBound || twin.lowerBound) return undefined;
  const silent = energy(withActivity(counts, 0), table, options);
  const at = (bound: keyof Range): number =>
    (twin.total[bound] - silent.total[bound]) / (now.total[bound] - silent.total[bound]);
  const all = [at("low"), at("typical"), at("high")];
  const factor = { low: Math.min(...all), typical: all[1]!, high: Math.max(...all) };
  const times = (x: number | undefined): Range | undefined =>
    x === undefined ? undefined : { low: x * factor.low, typical: x * factor.typical, high: x * factor.high };
  return { factor, spikesPerSynapse: times(spikesPerSynapse(counts)), spikeRate: times(spikeRate(counts)) };
}

/**
 * The same network, were every spike there `factor` times. An event reads a weight and reads and writes a sum for each
 * of its synapses, as `layer.ts` counts it.
 */
export const withActivity = (counts: Counts, factor: number): Counts =>
  countNetwork(
    counts.name,
    counts.steps,
    counts.layers.map((layer) => scaled(layer, factor)),
  );

function scaled(layer: LayerCounts, factor: number): LayerCounts {
  const { binaryInputs, spiking } = layer;
  const more = layer.acs * (factor - 1);
  const events = binaryInputs ? factor : 1;
  const spikes = spiking ? factor : 1;
  return {
    ...layer,
    acs: layer.acs + more,
    effectiveAcs: layer.effectiveAcs * events,
    synapticEvents: layer.synapticEvents * events,
    weightReads: layer.weightReads + more,
    stateReads: layer.stateReads + more,
    stateWrites: layer.stateWrites + more,
    eventReads: layer.eventReads * events,
    eventWrites: layer.eventWrites * spikes,
    spikes: layer.spikes * spikes,
  };
}
