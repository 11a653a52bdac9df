/** What a synapse does beyond adding its weight: its variables and its pathways, as equations and statements. */
import { ModelError } from "../base/errors.ts";

export interface Pathway {
  /** On a spike of the source or of the target, or in every step (`summed` and clocked variables). */
  readonly trigger: "pre" | "post" | "step";
  /** Whole steps, before the schedule's latency. */
  readonly delay: number;
  /** Pathways of one step run in this order. */
  readonly order: number;
  /** Statements over synapse variables, `x_pre`, `x_post` and parameters, such as `ge_post += w`. */
  readonly body: string;
}

export interface SynapseModel {
  readonly name: string;
  /** Variables of each synapse beside its weight `w`, with their initial values. */
  readonly variables: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly pathways: readonly Pathway[];
}

export interface SynapseSpec {
  readonly name: string;
  readonly variables?: Readonly<Record<string, number>>;
  readonly parameters?: Readonly<Record<string, number>>;
  readonly pathways: readonly (Pick<Pathway, "trigger" | "body"> & Partial<Pathway>)[];
}

/** @throws {ModelError} `out-of-range` for a delay that is not a whole number of steps */
export function synapse(spec: SynapseSpec): SynapseModel {
  const pathways = spec.pathways.map((p, k) => ({ delay: 0, order: k, ...p }));
  for (const p of pathways)
    if (!Number.isInteger(p.delay) || p.delay < 0) throw new ModelError("out-of-range", `synapse ${spec.name}`, `a pathway's delay is a whole number of steps, got ${p.delay}`);
  return { name: spec.name, variables: spec.variables ?? {}, parameters: spec.parameters ?? {}, pathways: [...pathways].sort((a, b) => a.order - b.order) };
}
