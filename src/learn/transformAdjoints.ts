/**
 * How errors come back through transforms: a table over their kinds. In each step, from the last to the first, a transform
 * takes the error at its value and forms those at what it takes.
 */
import { ModelError } from "../base/errors.ts";
import { type Expr, mul, read, sub } from "../ir/expr.ts";
import { invoke, type Node, type Place, place, shifted } from "../ir/program.ts";
import type { Transform } from "../model/transform.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import { maximaPlace, stepOf } from "../sim/lower/transforms.ts";

/** What comes back through a transform in the step at hand. */
export interface TransformErrors {
  readonly nodes: readonly Node[];
  /** Where the error at each source lies: as many elements as the source has, of any place in memory. */
  readonly errors: readonly Place[];
}
/** What an adjoint is made of. */
export interface AdjointParts {
  readonly name: string;
  readonly l: Lowered;
  /** The error at the transform's value in the step at hand, `size` elements. It stays until the sample is done. */
  readonly error: Place;
  /** A row of `stride` elements for each step of a sample, of the buffer that is called so. */
  rows(name: string, stride: number): Place;
}
type Adjoint<K extends Transform["kind"]> = (
  t: Extract<Transform, { kind: K }>,
  parts: AdjointParts,
) => TransformErrors;

const ADJOINTS: { readonly [K in Transform["kind"]]: Adjoint<K> } = { concat, softmax, maxPool, batchNorm };

/** @throws {ModelError} `not-differentiable` */
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
function softmax(t: Transform, { name, l, error, rows }: AdjointParts): TransformErrors {
  const { context: c } = l;
  const { type } = c;
  const y = l.sources.values.get(`${name}.value`)!.row();
  const dot = place(c.buffer(`${name}.adjoint.dot`, type, 1, "work"));
  const out = rows("adjoint.of", c.stride(name));
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
function maxPool(t: Transform, { name, l, error, rows }: AdjointParts): TransformErrors {
  const { context: c } = l;
  const [{ node }] = t.of as [Transform["of"][number]];
  const out = rows("adjoint.of", c.stride(node));
  const index = maximaPlace(name, c)!;
  return {
    nodes: [
      invoke({ kind: "zero", type: c.type }, { out }, { n: c.stride(node) }),
      invoke({ kind: "unpool", type: c.type }, { out, index, a: error }, { n: t.size }),
    ],
    errors: [out],
  };
}

/** Its statistics are those of the whole batch, which one sample's steps do not tell. */
function batchNorm(_t: Transform, { name }: AdjointParts): TransformErrors {
  throw new ModelError("not-differentiable", name, "no adjoint is known for the transform 'batchNorm'");
}
