export type { Backend, Elements, Executable } from "./backend.ts";
export { interpret } from "./interpret/run.ts";
export { type ThreadedBackend, threadedWasm, wasm } from "./wasm/wasm.ts";
