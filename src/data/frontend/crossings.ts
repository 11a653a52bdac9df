/** Signals as events where they change: level crossings and differences, up (ON) and down (OFF), a row of channels as sensor. */
import { DataError, type Every, requireKnown } from "../../base/errors.ts";
import { EventBuffer, type EventRecording } from "../events/recording.ts";
import { eachChannel, type Shape, type Signal, shapeOf } from "./signal.ts";

/** Options of `levelCrossings`. */
export interface CrossingOptions {
  /** How far a channel moves from one event to the next: one for all, or one a channel; in its unit. */
  readonly delta: number | ArrayLike<number>;
}
/** Options of `differences`. */
export interface DifferenceOptions {
  /** What a difference of two samples that follow one another must reach: one for all, or one a channel. */
  readonly threshold: number | ArrayLike<number>;
  /** Whether falling gives events too, OFF. Default true. */
  readonly off?: boolean;
}

const CROSSING = { delta: true } as const satisfies Every<CrossingOptions>;
const DIFFERENCE = { threshold: true, off: true } as const satisfies Every<DifferenceOptions>;

/** Events of one sample at most, in one channel: more would mean that `delta` does not fit the signal. */
const MOST = 2 ** 20;

/**
 * Events whenever a channel has moved by `delta` since its last event, or since the first sample: ON upwards, OFF downwards,
 * as an asynchronous delta modulator gives them. Between samples the signal is taken as a straight line, so that a step of
 * several deltas gives several events, at their own times. Channel c is column c.
 *
 * The staircase that the events make is never further than `delta` from a sample (`fromCrossings`).
 *
 * @throws {DataError} `shape-mismatch`, `not-finite`; `out-of-range` for more than a million events between two samples
 * @throws {ModelError} `out-of-range` for `delta`
 * @see Corradi and Indiveri 2015, IEEE Trans. Biomed. Circuits Syst. 9:699, section II-B; Miskowicz 2006, Sensors 6:49
 */
export function levelCrossings(signal: Signal, options: CrossingOptions): EventRecording {
  requireKnown("levelCrossings", options, CROSSING);
  const { delta } = options;
  const shape = shapeOf(signal);
  const deltas = eachChannel("delta", delta, shape.channels);
  return channelByChannel(shape, (channel, event) => crossingsOf(signal, shape, channel, deltas[channel]!, event));
}

function crossingsOf(
  { rate, values }: Signal,
  { steps, channels }: Shape,
  channel: number,
  delta: number,
  event: (t: number, polarity: number) => void,
): void {
  const at = (k: number): number => values[k * channels + channel]!;
  const first = at(0);
  // Levels are whole numbers of deltas from the first sample, so that nothing drifts.
  for (let k = 1, level = 0; k < steps; k++) {
    const [from, to] = [(at(k - 1) - first) / delta, (at(k) - first) / delta];
    if (Math.abs(to - level) > MOST)
      throw new DataError(
        "out-of-range",
        `signal: sample ${k}, channel ${channel}`,
        `moves by ${Math.abs(to - level)} times delta (${delta}); give a larger delta`,
      );
    const up = to > level ? 1 : -1;
    while ((to - level) * up >= 1) {
      level += up;
      const share = from === to ? 0 : (level - from) / (to - from);
      event(((k - 1 + Math.min(1, Math.max(0, share))) * 1e6) / rate, up > 0 ? 1 : 0);
    }
  }
}

/** What a staircase is made of, beside the events. */
export interface StaircaseOptions extends CrossingOptions {
  /** Samples a second. */
  readonly rate: number;
  /** Values of the first sample, one a channel. */
  readonly start: ArrayLike<number>;
  /** How many samples. */
  readonly steps: number;
}

const STAIRCASE = { ...CROSSING, rate: true, start: true, steps: true } as const satisfies Every<StaircaseOptions>;

/**
 * What `levelCrossings` keeps of a signal: a staircase, at the times of the samples.
 *
 * @returns shape [steps][channels]
 */
export function fromCrossings(events: EventRecording, options: StaircaseOptions): Float64Array {
  requireKnown("fromCrossings", options, STAIRCASE);
  const { delta, rate, start, steps } = options;
  const channels = events.width;
  const deltas = eachChannel("delta", delta, channels);
  const levels = new Float64Array(channels);
  const out = new Float64Array(steps * channels);
  for (let k = 0, e = 0; k < steps; k++) {
    for (; e < events.count && events.t[e]! <= (k * 1e6) / rate; e++)
      levels[events.x[e]!]! += events.polarity[e] ? 1 : -1;
    for (let c = 0; c < channels; c++) out[k * channels + c] = start[c]! + levels[c]! * deltas[c]!;
  }
  return out;
}

/**
 * One event at a sample that is `threshold` or more above the one before, ON, or below, OFF; at the sample's time. The first
 * sample gives none.
 *
 * @throws {DataError} `shape-mismatch`, `not-finite` @throws {ModelError} `out-of-range` for `threshold`
 * @see snnTorch's `spikegen.delta`
 */
export function differences(signal: Signal, options: DifferenceOptions): EventRecording {
  requireKnown("differences", options, DIFFERENCE);
  const { threshold, off = true } = options;
  const shape = shapeOf(signal);
  const { steps, channels } = shape;
  const thresholds = eachChannel("threshold", threshold, channels);
  return channelByChannel(shape, (channel, event) => {
    for (let k = 1; k < steps; k++) {
      const change = signal.values[k * channels + channel]! - signal.values[(k - 1) * channels + channel]!;
      const time = (k * 1e6) / signal.rate;
      if (change >= thresholds[channel]!) event(time, 1);
      else if (off && -change >= thresholds[channel]!) event(time, 0);
    }
  });
}

/** The events of all channels in order of time, then of channel. */
function channelByChannel(
  { channels }: Shape,
  each: (channel: number, event: (t: number, polarity: number) => void) => void,
): EventRecording {
  const out = new EventBuffer();
  for (let channel = 0; channel < channels; channel++)
    each(channel, (t, polarity) => {
      out.reserve(1);
      out.t[out.count] = t;
      out.x[out.count] = channel;
      out.polarity[out.count++] = polarity;
    });
  const { count, t, x, polarity } = out.take({ width: channels, height: 1 });
  const order = Uint32Array.from(t, (_, k) => k).sort((a, b) => t[a]! - t[b]! || a - b);
  return {
    ...{ width: channels, height: 1, count },
    t: Float64Array.from(order, (k) => t[k]!),
    x: Uint16Array.from(order, (k) => x[k]!),
    y: new Uint16Array(count),
    polarity: Uint8Array.from(order, (k) => polarity[k]!),
  };
}
