export type { Backend, Elements, Executable } from "./backend.ts";
export { interpret } from "./interpret/run.ts";
export { wasm } from "./wasm/wasm.ts";
