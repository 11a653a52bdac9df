/**
 * The memory of a program. Up to 4 GiB its addresses have 32 bits; beyond, 64, where the engine has that: Node 22 and 24
 * do, and Node 20 with `--experimental-wasm-memory64`. The interface of JavaScript to such memories has changed over the years, their
 * binary format has not: so a memory of 64 bits is what a module defines and exports.
 */
import { RunError } from "../../base/errors.ts";
import type { Layout } from "../layout.ts";
import type { AddressBits } from "./code.ts";
import { encodeMemory } from "./encode.ts";

const PAGE = 65536;
/** As far as addresses of 32 bits reach. */
export const MOST_BYTES = 2 ** 32;
/** As far as engines let memories of 64-bit addresses go, and as stored addresses do (`widen.ts`). */
export const MOST_BYTES_64 = 2 ** 34;

/** Whether this engine has memories of 64-bit addresses of any size that we use. */
export const hasMemory64 = (): boolean =>
  WebAssembly.validate(encodeMemory({ pages: MOST_BYTES_64 / PAGE, shared: false, addressBits: 64 }));

/** The bytes that a program may need at most. @param wanted what addresses are to have; undefined for what the engine has */
export const mostBytes = (wanted: AddressBits | undefined): number =>
  wanted !== 32 && hasMemory64() ? MOST_BYTES_64 : MOST_BYTES;
/** Why there are no more. */
export function whyMost(wanted: AddressBits | undefined): string | undefined {
  if (mostBytes(wanted) === MOST_BYTES_64) return undefined;
  return wanted === 32 ? "what memory: 32 asks for" : WITHOUT;
}
/** Where to find 64-bit memory. */
export const MEMORY64_SOURCE = "Node 22 and 24 have more, Node 20 with --experimental-wasm-memory64";
const WITHOUT = `there is no 64-bit WebAssembly memory here; ${MEMORY64_SOURCE}`;

/** What a module must say of its memory. */
export interface MemoryShape {
  readonly pages: number;
  readonly shared: boolean;
  readonly addressBits: AddressBits;
}

/** Kernels count elements in 32 bits, with a sign. */
const MOST_ELEMENTS = 2 ** 31 - 1;

/** @throws {RunError} `out-of-range` where WebAssembly cannot address so much here */
export function shapeFor(name: string, { bytes, buffers }: Layout, shared: boolean, wanted?: AddressBits): MemoryShape {
  for (const b of buffers.values())
    if (b.length > MOST_ELEMENTS) {
      const [has, most] = [b.length.toExponential(2), MOST_ELEMENTS.toExponential(2)];
      throw new RunError("out-of-range", name, `buffer '${b.name}' would have ${has} elements, of ${most} at most`);
    }
  const pages = Math.ceil(bytes / PAGE);
  if (pages * PAGE > mostBytes(wanted)) {
    const [needs, most] = [gibibytes(pages * PAGE), gibibytes(mostBytes(wanted), 0)];
    const why = whyMost(wanted);
    throw new RunError(
      "out-of-range",
      name,
      `needs ${needs}; WebAssembly memory ends at ${most}${why ? ` (${why})` : ""}`,
    );
  }
  if (wanted === 64 && !hasMemory64()) throw new RunError("out-of-range", name, `asks for memory: 64; ${WITHOUT}`);
  return { pages, shared, addressBits: wanted ?? (pages * PAGE > MOST_BYTES ? 64 : 32) };
}

/** @throws {RunError} `out-of-range` where the host does not give so much */
export function createMemory(name: string, shape: MemoryShape): WebAssembly.Memory {
  const { pages, shared, addressBits } = shape;
  try {
    if (addressBits === 32) return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
    const defined = new WebAssembly.Module(encodeMemory(shape));
    return new WebAssembly.Instance(defined).exports.memory as WebAssembly.Memory;
  } catch (cause) {
    const problem = `needs ${gibibytes(pages * PAGE)}, which this process cannot have: free memory, raise its limit, or make the network smaller`;
    throw new RunError("out-of-range", name, problem, { cause });
  }
}
const gibibytes = (n: number, digits = 2): string => `${(n / 2 ** 30).toFixed(digits)} GiB`;
