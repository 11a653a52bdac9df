/** Calls that a model explains itself: timed arrays become variables, functions of the user their bodies. */
import { listNames, ModelError } from "../base/errors.ts";
import { type CallNode, mapNodes, type Node, namesIn } from "./equations/ast.ts";
import { parseExpression } from "./equations/parse.ts";
import { faultAt, type Source } from "./equations/source.ts";
import type { Statement } from "./equations/statements.ts";
import { checkParameterNames } from "./names.ts";
import type { TimedArray } from "./timedArray.ts";
import { type AskedRead, headOf, readOf } from "./timedRead.ts";

interface UserFunction {
  readonly name: string;
  readonly args: readonly string[];
  readonly body: Node;
}
export interface Calls {
  readonly timed: readonly TimedArray[];
  readonly functions: readonly UserFunction[];
  /** Names by which a table's column may be given. */
  readonly columns: readonly ("i" | "j")[];
  /** Names of what does not change in a run. */
  readonly still: ReadonlySet<string>;
  /** How timed arrays are read, by slot: what has been resolved so far. */
  readonly reads: Map<string, AskedRead>;
}

const HEAD = /^\s*([A-Za-z_]\w*)\s*\(\s*((?:[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)?)\s*\)\s*$/;

/**
 * @param functions bodies by head, such as `"f(x, y)": "x*y + 1"`; each may call those before it
 * @throws {ModelError} `syntax`, `duplicate-name`
 */
export function callsOf(
  timed: readonly TimedArray[],
  functions: Readonly<Record<string, string>>,
  path: string,
  { columns = ["i"], still = new Set() }: Partial<Pick<Calls, "columns" | "still">> = {},
): Calls {
  const known: UserFunction[] = [];
  const reads: Calls["reads"] = new Map();
  for (const [head, text] of Object.entries(functions)) {
    const [, name, list] = HEAD.exec(head) ?? [];
    if (name === undefined)
      throw new ModelError("syntax", `${path}.functions`, `'${head}' is no head of a function such as 'f(x, y)'`);
    const args = list!
      .split(",")
      .map((x) => x.trim())
      .filter((x) => x !== "");
    checkParameterNames([name, ...args], `${path}.functions.${head}`);
    const source = { text, path: `${path}.functions.${head}` };
    const before = { timed, functions: [...known], columns, still, reads };
    known.push({ name, args, body: resolveCalls(parseExpression(source), before, source, args) });
  }
  checkParameterNames(
    timed.map((x) => x.name),
    `${path}.timedArrays`,
  );
  const names = [...timed, ...known].map((x) => x.name);
  const twice = names.find((x, k) => names.indexOf(x) !== k);
  if (twice !== undefined)
    throw new ModelError("duplicate-name", path, `two functions or timed arrays are called '${twice}'`);
  return { timed, functions: known, columns, still, reads };
}

/**
 * @param open arguments of the function whose body it is: what is read at a time of theirs is resolved where it is called
 * @throws {ModelError} `syntax`, `unsupported` at the call
 */
export function resolveCalls(n: Node, calls: Calls, source: Source, open: readonly string[] = []): Node {
  return mapNodes(n, (m) => {
    if (m.tag !== "call") return m;
    const timed = calls.timed.find((x) => x.name === m.fn);
    if (timed) return open.some((x) => namesIn(m).has(x)) ? m : readFrom(timed, m, calls, source);
    const own = calls.functions.find((x) => x.name === m.fn);
    return own ? resolveCalls(inlined(own, m, source), { ...calls, functions: [] }, source, open) : m;
  });
}
function readFrom(timed: TimedArray, call: CallNode, { columns, still, reads }: Calls, source: Source): Node {
  const read = readOf(timed, call, columns, still, source);
  const { span, args } = call;
  if (!read) return { tag: "timed", array: headOf(timed), time: args[0]!, ...(args[1] && { column: args[1] }), span };
  if (!reads.has(read.slot)) reads.set(read.slot, read);
  return { tag: "name", name: read.slot, span };
}
/** The body in place of the call; it points at the call, where the user can see what was given. */
function inlined({ name, args, body }: UserFunction, call: CallNode, source: Source): Node {
  if (call.args.length !== args.length)
    throw faultAt(
      source,
      call.span,
      "syntax",
      `${name}(${listNames(args)}) takes ${args.length}, got ${call.args.length}`,
    );
  const given = new Map(args.map((a, k) => [a, call.args[k]!]));
  return mapNodes(body, (n) =>
    n.tag === "name" && given.has(n.name) ? given.get(n.name)! : { ...n, span: call.span },
  );
}
export const resolveStatements = (list: readonly Statement[], calls: Calls, source: Source): Statement[] =>
  list.map((s) => ({ ...s, value: resolveCalls(s.value, calls, source) }));
