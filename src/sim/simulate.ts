/** A network for a while, in one call: what an engine's first run records. */
import type { Backend } from "../backend/backend.ts";
import type { Dimension } from "../base/dimension.ts";
import { type Every, ModelError, requireInteger, requireKnown } from "../base/errors.ts";
import { quantityOf } from "../base/quantity.ts";
import type { Network } from "../model/network.ts";
import { createEngine, type Engine } from "./engine.ts";
import type { EngineOptions, RunOptions } from "./engineOptions.ts";
import { ENGINE } from "./engineOptions.ts";
import type { Inputs } from "./feed.ts";
import type { Recording } from "./recording.ts";
import type { Sink } from "./records/sink.ts";
import type { Records } from "./records/spec.ts";

/** Options of `simulate`. */
export interface SimulateOptions extends EngineOptions, Omit<RunOptions, "records"> {
  /** How long, such as "10 s"; a bare number is in seconds. This, or `steps`. */
  readonly duration?: string | number;
  readonly steps?: number;
  /** By input name; what is not given is silent. */
  readonly inputs?: Inputs;
  /** Default `wasm`. */
  readonly backend?: Backend;
  /** Where `records` go while the run goes on; by default they come back in the run's `records`. */
  readonly sink?: Sink;
}

const OPTIONS = {
  ...ENGINE,
  ...{ duration: true, steps: true, inputs: true, backend: true, hooks: true, sink: true },
} as const satisfies Every<SimulateOptions>;

/** A recording, with what it is a recording of. */
export interface Run extends Recording {
  readonly network: Network;
  /** Seconds a step. */
  readonly dt: number;
  readonly seed: number;
  /** Simulated time. */
  readonly seconds: number;
}

/**
 * Builds an engine, runs it and gives it back.
 * @throws {ModelError} `usage` without exactly one of `duration` and `steps`; `out-of-range` unless the duration is a
 *   whole number of steps; and what `createEngine` and `Engine.run` throw
 */
export async function simulate(net: Network, options: SimulateOptions): Promise<Run> {
  requireKnown("simulate", options, OPTIONS);
  const { duration, steps: given, inputs = {}, backend, hooks, sink, ...rest } = options;
  const steps = stepsOf(net, duration, given);
  using engine = await createEngine(net, backend ?? (await defaultBackend()), rest);
  const recording = await recordingOf(engine, steps, inputs, { ...(hooks && { hooks }) }, rest.records, sink);
  return { ...recording, network: net, dt: net.dt, seed: rest.seed ?? 0, seconds: steps * net.dt };
}

async function recordingOf(
  engine: Engine,
  steps: number,
  inputs: Inputs,
  options: RunOptions,
  records: Records | undefined,
  sink: Sink | undefined,
): Promise<Recording> {
  if (!records) return engine.run(steps, inputs, options);
  if (!sink) return engine.run(steps, inputs, { ...options, records });
  const recorder = engine.recorder(records, sink);
  try {
    const recording = engine.run(steps, inputs, { ...options, records: recorder });
    await recorder.finish();
    return recording;
  } finally {
    await recorder.abandon({ keep: true }); // what a run that failed has recorded may be what tells why
  }
}

const defaultBackend = async (): Promise<Backend> => (await import("../backend/wasm/wasm.ts")).wasm;

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];

function stepsOf(net: Network, duration: string | number | undefined, steps: number | undefined): number {
  const path = "simulate.duration";
  if ((duration === undefined) === (steps === undefined))
    throw new ModelError("usage", path, "give a duration or steps");
  if (steps !== undefined) {
    requireInteger("simulate.steps", steps, 0);
    return steps;
  }
  const seconds = typeof duration === "string" ? quantityOf(duration, SECOND, path) : duration!;
  const whole = Math.round(seconds / net.dt);
  if (whole >= 0 && Math.abs(seconds / net.dt - whole) <= 1e-6 * Math.max(1, whole)) return whole;
  throw new ModelError("out-of-range", path, `must be a whole number of steps of ${net.dt} s, got ${duration}`);
}
