/** Hands a program to a backend, verified, and lets the debug levels look in. */
import { debug } from "../base/debug.ts";
import { ModelError } from "../base/errors.ts";
import { printProgram } from "../ir/print.ts";
import type { Program } from "../ir/program.ts";
import { verifyProgram } from "../ir/verify.ts";
import type { Backend, Executable } from "./backend.ts";
import { layout } from "./layout.ts";

/**
 * Types are not checked in JavaScript.
 * @throws {ModelError} `type-mismatch`
 */
export function requireBackend(backend: unknown): void {
  if (typeof (backend as Backend | undefined)?.load === "function") return;
  const found = typeof backend === "string" ? `'${backend}'` : backend;
  throw new ModelError("type-mismatch", "backend", `must be wasm, threadedWasm(2) or interpret, got ${found}`);
}

/** @throws Error where the program is ill-formed: a fault of the compiler, not of the user */
export async function loadProgram(backend: Backend, program: Program): Promise<Executable> {
  const start = performance.now();
  verifyProgram(program);
  const verified = performance.now();
  debug(2, () => memoryPlan(program));
  debug(3, () => printProgram(program));
  const executable = await backend.load(program);
  const took = (from: number, to: number): string => `${(to - from).toFixed(1)} ms`;
  debug(
    1,
    () =>
      `${program.name}: verified in ${took(start, verified)}, compiled by ${backend.name} in ${took(verified, performance.now())}, ${executable.bytes} bytes`,
  );
  debug(4, () => executable.text());
  return executable;
}

function memoryPlan(program: Program): string {
  const at = layout(program, 1);
  const lines = program.buffers.map(
    (b) =>
      `  ${String(at.offsets.get(b.name)).padStart(10)}  ${b.name}: ${b.type}[${at.buffers.get(b.name)!.length}], ${b.role}${b.scratch ? ", once a thread" : ""}`,
  );
  return `${program.name}: regions ${program.regions.map((r) => r.name).join(", ")}; ${at.bytes} bytes\n${lines.join("\n")}`;
}
