/**
 * Names that statements make for those behind them: `r = u*x; x -= r; y += r` (Brian's auxiliary variables). In the model they
 * have names that no equation can mention, so that each list of statements keeps them to itself.
 */
import { mapNodes, type Node } from "./equations/ast.ts";
import { type Scope, typeOfExpression, type ValueType } from "./equations/check.ts";
import { USUAL } from "./equations/functions.ts";
import type { Source } from "./equations/source.ts";
import { isAuxiliary, type Statement } from "./equations/statements.ts";
import { checkNameFree } from "./names.ts";

/**
 * Statements with names of their own where they make some.
 * @param check looks at a statement that changes a variable, with all names that are known when it runs
 * @throws {ModelError} `duplicate-name` for a word of the language, a unit or a function; what reading a value throws
 */
export function withLocals(
  statements: readonly Statement[],
  scope: Scope,
  source: Source,
  check: (s: Statement, known: Scope) => void,
): Statement[] {
  const known = new Map(scope);
  const own = new Map<string, "float" | "boolean">();
  const renamed = (n: Node): Node =>
    mapNodes(n, (m) => (m.tag === "name" && own.has(m.name) ? { ...m, name: slotOf(source, m.name) } : m));
  return statements.map((s, k) => {
    if (!known.has(s.target) && !USUAL.has(s.target) && isAuxiliary(s, statements.slice(k + 1))) {
      checkNameFree(s.target, source, s.targetSpan);
      const type: ValueType = typeOfExpression(s.value, known, source);
      const value = renamed(s.value);
      known.set(s.target, type);
      own.set(s.target, type === "boolean" ? "boolean" : "float");
      return local(s, value);
    }
    check(s, known);
    return own.has(s.target) ? local(s, renamed(s.value)) : { ...s, value: renamed(s.value) };
  });
  function local(s: Statement, value: Node): Statement {
    return { ...s, value, target: slotOf(source, s.target), local: own.get(s.target)! };
  }
}
const slotOf = ({ path }: Source, name: string): string => `${path}.${name}`;
