/**
 * What each instruction of a function takes from the stack, as trees: a stack machine's values have one producer and one
 * consumer. Blocks have no results here, and nothing stands behind a jump, so that a list is read once.
 */
import type { Func, Instr } from "./code.ts";

/** An instruction with the values that it takes, in the order in which they were pushed. */
export interface Value {
  /** Its place in the body. */
  readonly at: number;
  readonly instr: Instr;
  readonly args: readonly Value[];
}

/** The instructions of a body in their order. @param parametersOf how many values a call of a function takes */
export function valuesOf({ name, body }: Func, parametersOf: (callee: string) => number): Value[] {
  const stack: Value[] = [];
  return body.map((instr, at): Value => {
    const { takes, gives } = effectOf(instr, parametersOf);
    if (stack.length < takes) throw new Error(`wasm: '${instr[0]}' at ${at} of ${name} finds too few values`);
    const value = { at, instr, args: stack.splice(stack.length - takes) };
    if (gives) stack.push(value);
    return value;
  });
}

interface Effect {
  readonly takes: number;
  readonly gives: boolean;
}
const effect = (takes: number, gives: boolean): Effect => ({ takes, gives });

const PLAIN: Readonly<Record<string, Effect>> = {
  ...Object.fromEntries(
    ["block", "loop", "else", "end", "br", "return", "unreachable"].map((op) => [op, effect(0, false)]),
  ),
  ...Object.fromEntries(["if", "br_if", "br_table", "drop", "local.set"].map((op) => [op, effect(1, false)])),
  "local.get": effect(0, true),
  "local.tee": effect(1, true),
  select: effect(3, true),
  "v128.bitselect": effect(3, true),
  "memory.fill": effect(3, false),
  "memory.copy": effect(3, false),
  "memory.atomic.notify": effect(2, true),
  "memory.atomic.wait32": effect(3, true),
  "i32.atomic.rmw.add": effect(2, true),
};
/** What takes one value and gives another, by the name behind the type. */
const UNARY =
  /^(clz|ctz|popcnt|eqz|abs|neg|ceil|floor|trunc|nearest|sqrt|not|splat|any_true|all_true|bitmask)$|^(extract_lane|extend|wrap|convert|demote|promote|reinterpret|trunc_sat)/;

const effects = new Map<string, Effect>();
function effectOf([op, callee]: Instr, parametersOf: (callee: string) => number): Effect {
  if (op === "call") return effect(parametersOf(String(callee)), false);
  let found = effects.get(op);
  if (!found) effects.set(op, (found = PLAIN[op] ?? ofName(op.slice(op.indexOf(".") + 1))));
  return found;
}
function ofName(name: string): Effect {
  if (name === "const") return effect(0, true);
  if (/^(atomic\.)?store/.test(name)) return effect(2, false);
  if (/^(atomic\.)?load/.test(name)) return effect(name.endsWith("_lane") ? 2 : 1, true);
  return effect(UNARY.test(name) ? 1 : 2, true);
}
