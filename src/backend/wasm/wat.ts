/** Instructions to WebAssembly text, for `explain` and for golden files. */
import type { Func, Immediate, Instr, ModuleCode } from "./code.ts";

export function toWat(code: ModuleCode): string {
  const functions = code.functions.map(functionWat);
  return `(module\n  (import "env" "memory" (memory ${code.addressBits === 64 ? "i64 " : ""}${code.pages} ${code.pages}${code.shared ? " shared" : ""}))\n${functions.join("\n")}\n)\n`;
}

function functionWat(f: Func): string {
  const params = f.params.length ? ` (param ${f.params.join(" ")})` : "";
  const locals = f.locals.length ? `\n    (local ${f.locals.join(" ")})` : "";
  const exported = f.exported ? ` (export "${f.name}")` : "";
  return `  (func ${identifier(f.name)}${exported}${params}${locals}\n${body(f.body)}\n  )`;
}

function body(instructions: readonly Instr[]): string {
  let depth = 2;
  const lines: string[] = [];
  for (const instruction of instructions) {
    const [op] = instruction;
    if (op === "end" || op === "else") depth--;
    lines.push("  ".repeat(depth) + line(instruction));
    if (op === "block" || op === "loop" || op === "if" || op === "else") depth++;
  }
  return lines.join("\n");
}

function line([op, ...immediates]: Instr): string {
  if (op === "call") return `call ${identifier(String(immediates[0]))}`;
  if (op.includes(".atomic.")) return op;
  if (/\.(load|store)/.test(op)) return memory(op, immediates);
  if (op === "local.get") return `${op} ${immediates[0]}`;
  if (op === "i32.const") return `${op} ${Number(immediates[0]) | 0}`;
  return [op, ...immediates.flat().map(number)].join(" ");
}
function memory(op: string, [offset, lane]: readonly Immediate[]): string {
  return [op, ...(offset ? [`offset=${offset}`] : []), "align=1", ...(typeof lane === "number" ? [lane] : [])].join(
    " ",
  );
}
function number(x: Immediate | number | bigint): string {
  if (typeof x !== "number") return String(x);
  if (Number.isNaN(x)) return "nan";
  if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
  return Object.is(x, -0) ? "-0" : String(x);
}
const identifier = (name: string): string => `$${name.replace(/[^\w.!#$%&'*+\-/:<=>?@\\^`|~]/g, "_")}`;
