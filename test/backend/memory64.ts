/** WebAssembly with addresses of 64 bits, in tests: Node 20 has it behind a flag, which may be set while a process runs. */
import { setFlagsFromString } from "node:v8";
import { hasMemory64 } from "../../src/backend/wasm/memory.ts";
import { type ThreadedBackend, threadedWasm } from "../../src/backend/wasm/wasm.ts";

/** @throws Error where this Node has no such memory at all */
export function needMemory64(): void {
  if (!hasMemory64()) setFlagsFromString("--experimental-wasm-memory64");
  if (!hasMemory64()) throw new Error(`Node ${process.version} has no 64-bit memory`);
}
/** Addresses of 64 bits for every program. */
export function wide(threads = 1): ThreadedBackend {
  needMemory64();
  return threadedWasm(threads, { memory: 64 });
}
