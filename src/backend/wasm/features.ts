/** What WebAssembly can do here, found out by handing it small modules that need one feature each. */
import { defineFunction, type Emitter } from "./code.ts";
import { encode } from "./encode.ts";
import { canShare } from "./team.ts";

export const FEATURES = ["simd", "bulkMemory", "threads", "relaxedSimd", "memory64", "tailCalls"] as const;
export type FeatureName = (typeof FEATURES)[number];

/** A module with one function, by our own encoder. */
const compiled = (build: (f: Emitter) => void, shared = false): Uint8Array<ArrayBuffer> =>
  encode({ functions: [defineFunction("f", [], build)], pages: 1, shared });

/** Sections, each with its number and its length before it, after the magic number and version 1. */
const assembled = (sections: Readonly<Record<number, readonly number[]>>): Uint8Array<ArrayBuffer> =>
  new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...Object.entries(sections).flatMap(([id, content]) => [Number(id), content.length, ...content]),
  ]);

/** Type section: one function type, of nothing to nothing; function section: one function of it. */
const NULLARY = { 1: [1, 0x60, 0, 0], 3: [1, 0] } as const;
const ZERO_VECTOR = [0xfd, 12, ...new Array<number>(16).fill(0)]; // v128.const i32x4 0 0 0 0
const RELAXED_MADD = [0xfd, 0x85, 0x02]; // f32x4.relaxed_madd, 0x105 in LEB128
const RETURN_CALL = 0x12;
const [DROP, END] = [0x1a, 0x0b];

/** A code section with one function without locals. */
const body = (...instructions: number[]): number[] => [1, instructions.length + 2, 0, ...instructions, END];

/**
 * Modules by the feature that they need. What kernels use is written by the encoder that writes kernels; what they do not
 * use, and it therefore does not know, as bytes (WebAssembly core specification 3.0, chapter "Binary Format").
 */
export const PROBES: Readonly<Record<FeatureName, Uint8Array<ArrayBuffer>>> = {
  simd: compiled((f) => {
    f.op("f32.const", 0);
    f.op("f32x4.splat");
    f.op("drop");
  }),
  bulkMemory: compiled((f) => {
    for (let k = 0; k < 3; k++) f.i32(0);
    f.op("memory.copy");
  }),
  threads: compiled(() => {}, true),
  relaxedSimd: assembled({
    ...NULLARY,
    10: body(...ZERO_VECTOR, ...ZERO_VECTOR, ...ZERO_VECTOR, ...RELAXED_MADD, DROP),
  }),
  // Memory section: one memory, limits of flag 4 (64-bit addresses, no maximum), 1 page.
  memory64: assembled({ 5: [1, 4, 1] }),
  // A function that calls itself, number 0, in its own place.
  tailCalls: assembled({ ...NULLARY, 10: body(RETURN_CALL, 0) }),
};

/** By feature, whether this WebAssembly has it; `threads` also asks whether memory may be shared here. */
export function wasmFeatures(): Record<FeatureName, boolean> {
  const has = (name: FeatureName): boolean => WebAssembly.validate(PROBES[name]) && (name !== "threads" || canShare());
  return Object.fromEntries(FEATURES.map((name) => [name, has(name)])) as Record<FeatureName, boolean>;
}
