/**
 * How errors come back through transforms: a table over their kinds. In each step, from the last to the first, a transform
 * takes the error at its value and forms those at what it takes.
 */
import { constant, type Expr, mul, neg, read, sub } from "../ir/expr.ts";
import { invoke, type Node, type Place, place, shifted } from "../ir/program.ts";
import type { Step } from "../ir/step.ts";
import { type BatchNorm, type Transform, windowsOfPool } from "../model/transform.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { meetingNode } from "../sim/lower/meetings.ts";
import { NormKernels } from "../sim/lower/norms.ts";
import type { ParameterBlock } from "../sim/lower/parameters.ts";
import { StepNorm } from "../sim/lower/stepNorms.ts";
import { stepOf } from "../sim/lower/stepOf.ts";
import { unpoolNodes } from "../sim/lower/windows.ts";

/** What comes back through a transform in the step at hand. */
export interface TransformErrors {
  /** In each step. */
  readonly nodes: readonly Node[];
  /** Where the error at each source lies: as many elements as the source has, of any place in memory. */
  readonly errors: readonly Place[];
  /** Where those need the errors of the whole batch. */
  readonly wide?: {
    /** Once a sample, before `nodes`. */
    readonly start: readonly Node[];
    /** When all samples are there. */
    readonly meet: readonly Node[];
    /** In each step, after that. */
    readonly nodes: readonly Node[];
  };
}
/** What an adjoint is made of. */
export interface AdjointParts {
  readonly name: string;
  readonly l: Lowered;
  /** The error at the transform's value in the step at hand, `size` elements. It stays until the sample is done. */
  readonly error: Place;
  /** A row for the error at source k, which stays until the sample is done. */
  row(k: number): Place;
  /** Where the gradient of a block of parameters lies. */
  gradient(block: ParameterBlock): Place;
}
type Adjoint<K extends Transform["kind"]> = (
  t: Extract<Transform, { kind: K }>,
  parts: AdjointParts,
) => TransformErrors;

const ADJOINTS: { readonly [K in Transform["kind"]]: Adjoint<K> } = {
  concat,
  softmax,
  maxPool,
  sum,
  spikeJoin,
  batchNorm,
};

/** How errors come back through one transform, in the step at hand. */
export const transformErrors = (t: Transform, parts: AdjointParts): TransformErrors =>
  (ADJOINTS[t.kind] as Adjoint<Transform["kind"]>)(t as never, parts);

/** Each source has its stretch of the error. */
function concat(t: Transform, { l, error }: AdjointParts): TransformErrors {
  let offset = 0;
  const errors = t.of.map(({ node }) => {
    const at = shifted(error, offset);
    offset += l.context.size(node);
    return at;
  });
  return { nodes: [], errors };
}

/** dx_k = y_k (dy_k - Σ_j y_j dy_j) */
function softmax(t: Transform, { name, l, error, row }: AdjointParts): TransformErrors {
  const { context: c } = l;
  const { type } = c;
  const y = l.sources.values.get(`${name}.value`)!.row();
  const dot = place(c.buffer(`${name}.adjoint.dot`, type, 1, "work"));
  const out = row(0);
  const r = (slot: string): Expr => read(type, slot);
  const sum = stepOf(`${name}.adjoint.dot`, type, "e:y e:dy u:dot", "dot", "sum", mul(r("y"), r("dy")));
  const value = mul(r("y"), sub(r("dy"), r("dot")));
  const step = stepOf(`${name}.adjoint`, type, "e:y e:dy u:dot e:out", "out", "set", value);
  const args = { y, dy: error, dot, out };
  return {
    nodes: [
      invoke({ kind: "zero", type }, { out: dot }, { n: 1 }),
      elementCall(sum, args, t.size),
      elementCall(step, args, t.size),
    ],
    errors: [out],
  };
}

/** Each error goes to where the maximum was. */
function maxPool(t: Extract<Transform, { kind: "maxPool" }>, { name, l, error, row }: AdjointParts): TransformErrors {
  const maxima = { name, windows: windowsOfPool(name, t, l.net), constant: false };
  const out = row(0);
  return { nodes: unpoolNodes(maxima, error, out, l.context), errors: [out] };
}

/** Each source has the whole error. */
function sum(t: Transform, { error }: AdjointParts): TransformErrors {
  return { nodes: [], errors: t.of.map(() => error) };
}

/** d(branch) = ± shortcut dy, d(shortcut) = branch dy or (1 - branch) dy */
function spikeJoin(
  t: Extract<Transform, { kind: "spikeJoin" }>,
  { name, l, error, row }: AdjointParts,
): TransformErrors {
  const { type } = l.context;
  const r = (slot: string): Expr => read(type, slot);
  const [branch, shortcut] = t.of.map((e) => l.sources.values.get(`${e.node}.${e.port}`)!.row()) as [Place, Place];
  const both = t.how === "and";
  const slopes = [both ? r("shortcut") : neg(r("shortcut")), both ? r("branch") : sub(constant(type, 1), r("branch"))];
  const step = (k: number): Step => {
    const slots = `e:branch e:shortcut e:dy e:out`;
    return stepOf(`${name}.adjoint.${k}`, type, slots, "out", "set", mul(slopes[k]!, r("dy")));
  };
  const errors = t.of.map((_, k) => row(k));
  return {
    nodes: errors.map((out, k) => elementCall(step(k), { branch, shortcut, dy: error, out }, t.size)),
    errors,
  };
}

/** Its statistics are those of the whole batch: every number of a channel has a part in the error of every other. */
function batchNorm(t: BatchNorm, { name, l, error, row, gradient }: AdjointParts): TransformErrors {
  const wanted = !(t.of[0]!.node in l.net.inputs);
  const errors = wanted ? [row(0)] : [];
  if (l.context.meetsInStep(name)) {
    const norm = new StepNorm(name, t, l);
    const back = errors.map((out) => norm.errorsBack(error, out));
    return { nodes: [meetingNode(norm.errorsMeet(error, gradient)), ...back], errors };
  }
  const kernels = new NormKernels(name, t, l);
  const { start, steps } = kernels.errorNotes(error);
  const nodes = errors.map((out) => kernels.errorsBack(error, out));
  return { nodes: steps, errors, wide: { start, meet: kernels.errorsMeet(gradient), nodes } };
}
