/** EventProp as an algorithm among the others: plain data, and what of a trainer's options it has a meaning for. */
import { ModelError, requireInteger } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { ExactDelays } from "../../sim/exact/rows.ts";
import type { Parameters } from "../../sim/lower/parameters.ts";
import type { Optimiser } from "../optimiser.ts";
import type { TimeLoss } from "./timeLoss.ts";
import type { EventTrainer, Raise } from "./trainer.ts";

/** Options of `eventProp`. */
export interface EventPropOptions {
  /** How long a sample lasts: seconds, or a quantity such as "60 ms". */
  readonly duration: number | string;
  /** Instead of the network's: any durations. */
  readonly delays?: ExactDelays;
  /** By population, in the order of the network: what to do where too many neurons are silent. */
  readonly raise?: Readonly<Record<string, Raise>>;
}
/** Exact gradients of spike times, as plain data. `eventProp` makes it. */
export interface EventProp extends EventPropOptions {
  readonly kind: "eventprop";
}

/**
 * Exact gradients of spike times, without a surrogate and without steps. `createTrainer` makes a trainer of it that is an
 * `EventTrainer`, and learns from batches of spikes at their times.
 *
 * @see Wunderlich and Pehle 2021, Sci. Rep. 11:12829
 */
export const eventProp = (options: EventPropOptions): EventProp => ({ kind: "eventprop", ...options });

/** Options of `createTrainer` where the algorithm is EventProp. */
export interface EventPropTrainerOptions {
  readonly algorithm: EventProp;
  readonly loss: TimeLoss;
  readonly optimiser: Optimiser;
  /** Samples of one update, at most; by default as many as come. */
  readonly batch?: number;
  readonly seed?: number;
  /** Weights to start from; drawn by `seed` where absent. */
  readonly parameters?: Parameters;
}
const KNOWN: readonly string[] = ["algorithm", "loss", "optimiser", "batch", "seed", "parameters"];
const LOSSES: readonly string[] = ["firstSpikeCrossEntropy", "squaredTimes", "trainDistance", "highestVoltage"];

export const isEventProp = (options: object): options is EventPropTrainerOptions =>
  (options as { algorithm?: { kind?: unknown } }).algorithm?.kind === "eventprop";

/** @throws {ModelError} `unsupported` for what has no meaning without steps, with what there is instead; as `createEventTrainer` */
export async function eventTrainerOf(net: Network, options: EventPropTrainerOptions): Promise<EventTrainer> {
  const { algorithm, loss, optimiser, batch, ...rest } = options;
  const odd = Object.entries(options).find(([name, value]) => value !== undefined && !KNOWN.includes(name));
  if (odd)
    throw new ModelError(
      "unsupported",
      `trainer.${odd[0]}`,
      `EventProp has no steps and takes ${KNOWN.join(", ")} alone`,
    );
  if (loss !== undefined && !LOSSES.includes(loss.kind))
    throw new ModelError(
      "unsupported",
      "trainer.loss",
      `EventProp learns by ${LOSSES.join(", ")}, which look at times of spikes or at voltages; got '${loss.kind}'`,
    );
  if (batch !== undefined) requireInteger("trainer.batch", batch, 1, 2 ** 20);
  const { createEventTrainer } = await import("./trainer.ts"); // the exact engine, which other algorithms do not need
  const { kind: _, ...own } = algorithm;
  return createEventTrainer(net, { loss, optimiser, ...own, ...rest, ...(batch !== undefined && { batch }) });
}
