import { wasm } from "../../../src/backend/wasm/wasm.ts";
import { printProgram } from "../../../src/ir/print.ts";
import type { Program } from "../../../src/ir/program.ts";
import type { Network } from "../../../src/model/network.ts";
import { createEngine } from "../../../src/sim/engine.ts";

/** The program without buffers and bodies: loops, kernels and where their arguments lie. */
export const outline = (p: Program): string =>
  printProgram(p)
    .split("\n")
    .filter((line) => /^ {2}region|^ {4,}(for|per|gather|product|zero type)|^ +[\w.]+: \S+\[/.test(line))
    .join("\n");
export const outlineOf = async (net: Network): Promise<string> => {
  using engine = await createEngine(net, wasm, { type: "f64" });
  return outline(engine.program);
};

/** A matrix of weights as the connection holds it, `[source][target]`, and its product with a row. */
export const times = (x: ArrayLike<number>, w: ArrayLike<number>, targets: number): number[] =>
  Array.from({ length: targets }, (_, j) => Array.from(x).reduce((sum, v, i) => sum + v * w[i * targets + j]!, 0));
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const largest = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (x, k) => Math.abs(x - b[k]!)));
