/** Gives lowered expressions their final float type and makes equal ones the same object. */
import { constant, convert, draw, type Expr, nodeKey, operands, read, rewrite } from "../ir/expr.ts";
import type { FloatType } from "../ir/types.ts";

function retyped(e: Expr, type: FloatType): Expr {
  if (e.type !== "f64") return e;
  switch (e.tag) {
    case "const":
      return constant(type, e.value);
    case "read":
      return read(type, e.slot);
    case "convert":
      return convert(type, e.a);
    case "draw":
      return draw(e.law, type, e.stream, ...e.args);
    default:
      return e; // takes its type from its operands
  }
}

/** The expressions, all of whose f64 nodes become `type`. */
export function finish(roots: readonly Expr[], type: FloatType): Expr[] {
  const unique = new Map<string, Expr>();
  const number = new Map<Expr, number>();
  return rewrite(roots, (e) => {
    const final = type === "f64" ? e : retyped(e, type);
    const key = nodeKey(
      final,
      operands(final).map((o) => number.get(o)!),
    );
    const known = unique.get(key);
    if (known) return known;
    unique.set(key, final);
    number.set(final, number.size);
    return final;
  });
}
