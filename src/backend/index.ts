/**
 * What runs a compiled program: WebAssembly, on one thread or several, or the interpreter that defines it.
 * @module backend
 */
export type { Backend, Elements, Executable } from "./backend.ts";
export { interpret } from "./interpret/run.ts";
export { type ThreadedBackend, threadedWasm, type WasmOptions, wasm } from "./wasm/wasm.ts";
