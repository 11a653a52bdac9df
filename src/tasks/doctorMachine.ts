/** The machine: Node, system, processor, memory, and what WebAssembly can do on it. */
import { type FeatureName, wasmFeatures } from "../backend/wasm/features.ts";

export interface Machine {
  readonly node: string;
  readonly v8: string;
  /** `linux`, `darwin`, `win32`, …, as Node names them. */
  readonly platform: string;
  readonly release: string;
  readonly architecture: string;
  readonly processor: string;
  /** Hardware threads. */
  readonly cores: number;
  /** Of those, how many this process may use at once. */
  readonly usableCores: number;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  readonly webAssembly: Readonly<Record<FeatureName, boolean>>;
}

/** Without these no kernel runs. */
export const canRun = ({ webAssembly }: Pick<Machine, "webAssembly">): boolean =>
  webAssembly.simd && webAssembly.bulkMemory;

export async function machine(): Promise<Machine> {
  const os = await import("node:os");
  const { versions } = await import("node:process");
  const cores = os.cpus();
  return {
    node: versions.node,
    v8: versions.v8,
    platform: os.platform(),
    release: os.release(),
    architecture: os.arch(),
    processor: cores[0]?.model.trim() || "unknown",
    cores: cores.length,
    usableCores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    freeMemoryBytes: os.freemem(),
    webAssembly: wasmFeatures(),
  };
}
