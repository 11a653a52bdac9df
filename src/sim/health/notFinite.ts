/** Where a state first stopped being a number: population, variable, neuron and step. */
import { RunError } from "../../base/errors.ts";
import { isFloat } from "../../ir/types.ts";
import type { Engine } from "../engine.ts";
import type { Inputs } from "../feed.ts";
import type { Snapshot } from "../snapshot.ts";
import type { HealthFinding } from "./finding.ts";
import { BEYOND, growthAdvice } from "./growth.ts";
import { checkStep } from "./step.ts";

/** What to run again to find it. */
export interface Replay {
  /** Of the engine, from before it went astray. */
  readonly snapshot: Snapshot;
  /** Steps from there on, at most. */
  readonly steps: number;
  /** Of step k from there on; nothing by default. */
  readonly inputs?: (k: number) => Inputs;
}

/** The first state that is no number. */
export interface NotFinite {
  /** Such as `e.v`. */
  readonly variable: string;
  readonly neuron: number;
  readonly sample: number;
  /** As `stepsDone` counts them. */
  readonly step: number;
  readonly value: number;
  /** What it was at the end of the step before. */
  readonly before: number;
}

/**
 * Runs the steps again, one by one, and says which state was the first to be no number; the engine then stands before that
 * step. Nothing where all steps go well.
 */
export function findNotFinite(engine: Engine, { snapshot, steps, inputs = () => ({}) }: Replay): NotFinite | undefined {
  engine.restore(snapshot);
  const bad = firstBad(engine, steps, inputs);
  if (bad === undefined) return undefined;
  const found = badState(engine);
  engine.restore(snapshot);
  for (let k = 0; k < bad; k++) engine.run(1, inputs(k));
  if (!found) return undefined;
  return { ...found, step: snapshot.step + bad, before: engine.state(found.variable)[found.at]! };
}

/** Number of the first step that fails. */
function firstBad(engine: Engine, steps: number, inputs: NonNullable<Replay["inputs"]>): number | undefined {
  for (let k = 0; k < steps; k++) {
    try {
      engine.run(1, inputs(k));
    } catch (error) {
      if (error instanceof RunError && error.code === "not-finite") return k;
      throw error;
    }
  }
  return undefined;
}

function badState(engine: Engine): (Omit<NotFinite, "step" | "before"> & { readonly at: number }) | undefined {
  const { populations, context } = engine.lowered;
  for (const { node, states } of populations.values())
    for (const { buffer } of states) {
      if (!isFloat(context.buffers.get(buffer)!.type)) continue;
      const values = engine.state(buffer);
      const at = values.findIndex((v: number) => !Number.isFinite(v));
      if (at < 0) continue;
      const stride = context.stride(node);
      return { variable: buffer, neuron: at % stride, sample: Math.floor(at / stride), value: values[at]!, at };
    }
  return undefined;
}

/** The same in words. */
export function notFiniteFinding(engine: Engine, found: NotFinite): HealthFinding {
  const { variable, neuron, step, value, before } = found;
  const [node] = variable.split(".");
  const large = checkStep(engine.network).find((f) => f.where.startsWith(`${node}.`));
  return {
    code: "not-finite",
    where: variable,
    says: `${variable} of neuron ${neuron} became ${value} in step ${step}; it was ${before} before.`,
    advice: large
      ? `${large.says} ${large.advice}`
      : Math.abs(before) > BEYOND
        ? growthAdvice(node!) // there is no such number of anything: nothing else than growth led here
        : `Look for a division by what may be 0, a logarithm or a root of what may be negative, and exponentials of large numbers in the equations of '${node}'; try half the step, or f64.`,
  };
}
