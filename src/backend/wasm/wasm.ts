/**
 * The WebAssembly backend: every kernel and every region of a program becomes a function of one module over one
 * memory, so that a run enters JavaScript only at its end.
 */
import { RunError, requireChoice, requireInteger, requireKnown } from "../../base/errors.ts";
import {
  type Count,
  type Invoke,
  invocations,
  type Kernel,
  type KernelKind,
  type KernelOf,
  type Program,
  type Region,
} from "../../ir/program.ts";
import { hasInnerParallel } from "../../ir/together.ts";
import type { Backend, Elements, Executable } from "../backend.ts";
import { type Layout, layout, viewOf } from "../layout.ts";
import { compactTable } from "./append.ts";
import type { AddressBits, Func, ModuleCode } from "./code.ts";
import { deliver, enlist, touch } from "./deliver.ts";
import { drawCounts } from "./drawCounts.ts";
import { drawRows } from "./drawRows.ts";
import { ModuleWriter } from "./encode.ts";
import { fillBlocks } from "./fillBlocks.ts";
import { gatherRows } from "./gatherRows.ts";
import { type KernelContext, kernelFunction } from "./kernel.ts";
import { lateColumns } from "./lateColumns.ts";
import { unpackBits, zero } from "./lists.ts";
import { lookUp, weave } from "./lookUp.ts";
import { meetFunctions } from "./meet.ts";
import { createMemory, type MemoryShape, mostBytes, shapeFor, whyMost } from "./memory.ts";
import { settle } from "./noted.ts";
import { outerRows } from "./outerRows.ts";
import { perElement } from "./perElement.ts";
import { perSynapse } from "./perSynapse.ts";
import { foldRows, maxPool, pick, unpool } from "./pooling.ts";
import { product } from "./product.ts";
import { knownCounts, regionStages, type Stage } from "./region.ts";
import { rowDots } from "./rowDots.ts";
import { scatterBack } from "./scatterBack.ts";
import { sortRows } from "./sortRows.ts";
import { createTeam, type Team } from "./team.ts";
import { transposeLists } from "./transposeLists.ts";
import { toWat } from "./wat.ts";
import { Widener } from "./widen.ts";
import { outerWindows, scatterWindows, windowDots } from "./windows.ts";
import { winners } from "./winners.ts";

const KERNELS: { readonly [K in KernelKind]: (k: KernelOf<K>, c: KernelContext) => void } = {
  perElement,
  perSynapse,
  lateColumns,
  deliver,
  enlist,
  settle,
  touch,
  gatherRows,
  product,
  rowDots,
  outerRows,
  transposeLists,
  scatterWindows,
  scatterBack,
  windowDots,
  outerWindows,
  maxPool,
  unpool,
  pick,
  foldRows,
  unpackBits,
  winners,
  zero,
  drawCounts,
  drawRows,
  sortRows,
  weave,
  lookUp,
  fillBlocks,
};

/** The table of packed lanes lies below the first buffer. */
const TABLE_ADDRESS = 256;

/** How WebAssembly is used. */
export interface WasmOptions {
  /**
   * Bits of an address. By default 32, and 64 for a program that needs more than 4 GiB, where the engine has such memory; 32
   * refuses those; 64 is for tests, and for what it costs. Results are the same bits.
   */
  readonly memory?: AddressBits;
}

/**
 * WebAssembly on several threads, of which the caller's is one: they share the rounds of parallel loops (samples of a
 * batch, blocks of parameters, trials). The results are the same bits as those of `wasm`. Dispose of it after what was
 * loaded on it.
 *
 * Where memory cannot be shared (a page that is not cross-origin isolated) one thread does it all, as `threads` then
 * tells, and the console once.
 *
 * @param threads 1 to 256; one does without workers and without shared memory
 * @throws {ModelError} `out-of-range`, `unknown-name`
 */
export function threadedWasm(threads: number, options: WasmOptions = {}): ThreadedBackend {
  requireInteger("threads", threads, 1, 256);
  requireKnown("options", options, ["memory"]);
  if (options.memory !== undefined) requireChoice("options.memory", String(options.memory), ["32", "64"]);
  return wasmBackend(options, threads === 1 ? undefined : createTeam(threads));
}
/** A backend that owns threads. */
export interface ThreadedBackend extends Backend, Disposable {
  readonly threads: number;
  /** Ends the threads. */
  dispose(): void;
}

function wasmBackend(options: WasmOptions, team?: Team): ThreadedBackend {
  const dispose = (): void => team?.[Symbol.dispose]();
  return {
    name: "wasm",
    threads: team?.threads ?? 1,
    get mostBytes() {
      return mostBytes(options.memory);
    },
    get whyMost() {
      return whyMost(options.memory);
    },
    load: (program) => load(program, options, team),
    dispose,
    [Symbol.dispose]: dispose,
  };
}
/** WebAssembly with SIMD, on the thread of the caller. */
export const wasm: Backend = wasmBackend({});

async function load(program: Program, options: WasmOptions, team?: Team): Promise<Executable> {
  const at = layout(program, team?.threads ?? 1);
  const shape = shapeFor(program.name, at, team !== undefined, options.memory);
  const memory = createMemory(program.name, shape);
  new Uint16Array(memory.buffer, TABLE_ADDRESS, 256 * 8).set(compactTable());
  const code = new ModuleWriter(); // instructions are many times as large as their bytes: those of a function go when it is done
  const regions = generateInto(program, at, shape, (f) => code.add(f));
  const { module, instance } = await WebAssembly.instantiate(code.done(shape), { env: { memory } });
  const stages = [...regions.values()].flat().map((s) => s.name);
  const membership = team && { team, id: await team.load({ module, memory, stages }), stages };
  const compiled = {
    name: program.name,
    at,
    regions,
    text: () => toWat(generate(program, at, shape)),
  };
  return new WasmExecutable(compiled, memory, instance, membership);
}

/** A module, and which of its functions a region runs. */
export interface Generated extends ModuleCode {
  readonly regions: ReadonlyMap<string, readonly Stage[]>;
}

/** The module of a program, as data. */
export function generate(program: Program, at: Layout, shape: MemoryShape): Generated {
  const functions: Func[] = [];
  const regions = generateInto(program, at, shape, (f) => functions.push(f));
  return { functions, ...shape, regions };
}
/** @param take takes the functions, callees first; returns the stages of each region */
function generateInto(
  program: Program,
  at: Layout,
  { addressBits }: MemoryShape,
  take: (f: Func) => void,
): Generated["regions"] {
  const widener = addressBits === 64 ? new Widener() : undefined;
  const add = (f: Func): void => take(widener?.widen(f) ?? f);
  const kernels = new KernelSet(add);
  const names = new Map<Invoke, string>(); // regions share calls
  for (const { body } of program.regions)
    for (const { call } of invocations(body))
      if (!names.has(call)) names.set(call, kernels.need(call.kernel, knownCounts(call)));
  if (program.regions.some(({ body }) => body.some(hasInnerParallel))) meetFunctions().forEach(add);
  const nameOf = (call: Invoke): string => names.get(call)!;
  const stagesOf = (region: Region): Stage[] =>
    regionStages(region, at, nameOf).map(({ stage, code }) => {
      code.forEach(add);
      return stage;
    });
  return new Map(program.regions.map((r) => [r.name, stagesOf(r)]));
}

/** One function for each kernel and set of known counts, however often it is called. */
class KernelSet {
  readonly #add: (f: Func) => void;
  readonly #names = new Map<string, string>();
  readonly #identity = new Map<unknown, number>();

  constructor(add: (f: Func) => void) {
    this.#add = add;
  }

  /** Its name. */
  need(kernel: Kernel, known: Readonly<Record<string, number>>): string {
    const key = this.#key(kernel, known);
    const before = this.#names.get(key);
    if (before !== undefined) return before;
    const label = "step" in kernel ? `${kernel.kind}.${kernel.step.name}` : kernel.kind;
    const name = `${label}.${this.#names.size}`;
    this.#names.set(key, name);
    const build = KERNELS[kernel.kind] as (k: Kernel, c: KernelContext) => void;
    this.#add(kernelFunction(name, kernel, known, TABLE_ADDRESS, (c) => build(kernel, c)));
    return name;
  }
  /** Steps are compared by identity, everything else by value. */
  #key(kernel: Kernel, known: Readonly<Record<string, number>>): string {
    return JSON.stringify([kernel, known], (k, v: unknown) => (k === "step" || k === "motion" ? this.#numberOf(v) : v));
  }
  #numberOf(step: unknown): number {
    let n = this.#identity.get(step);
    if (n === undefined) this.#identity.set(step, (n = this.#identity.size));
    return n;
  }
}

/** What of a program is needed after it has been compiled: its code is not, until somebody wants to read it. */
interface Compiled extends Pick<Generated, "regions"> {
  readonly name: string;
  readonly at: Layout;
  readonly text: () => string;
}
/** Under which number a team knows a program, and its stages in their order. */
interface Membership {
  readonly team: Team;
  readonly id: number;
  readonly stages: readonly string[];
}

class WasmExecutable implements Executable {
  readonly bytes: number;
  readonly #compiled: Compiled;
  readonly #membership: Membership | undefined;
  #memory: WebAssembly.Memory | undefined;
  #instance: WebAssembly.Instance | undefined;

  constructor(
    compiled: Compiled,
    memory: WebAssembly.Memory,
    instance: WebAssembly.Instance,
    membership: Membership | undefined,
  ) {
    this.bytes = compiled.at.bytes;
    this.#compiled = compiled;
    this.#membership = membership;
    this.#memory = memory;
    this.#instance = instance;
  }

  array(buffer: string): Elements {
    return viewOf(this.#compiled.at, this.#live().memory.buffer, buffer);
  }
  run(region: string): void {
    const { exports } = this.#live().instance;
    const stages = this.#compiled.regions.get(region);
    if (!stages) throw new Error(`no region '${region}' in ${this.#compiled.name}`);
    for (const stage of stages) this.#runStage(stage, exports[stage.name] as (...numbers: number[]) => void);
  }
  #runStage({ name, rounds, together }: Stage, fn: (...numbers: number[]) => void): void {
    if (together) return this.#runTogether(name, fn);
    if (!rounds) return fn();
    const [from, count] = [this.#number(rounds.from), this.#number(rounds.count)];
    const shared = this.#membership;
    if (shared && count > 1) shared.team.run(shared.id, shared.stages.indexOf(name), from, count, fn);
    else for (let k = 0; k < count; k++) fn(from + k, 0);
  }
  #runTogether(name: string, fn: (...numbers: number[]) => void): void {
    const shared = this.#membership;
    if (shared) shared.team.together(shared.id, shared.stages.indexOf(name), this.#live().memory, fn);
    else fn(0, 1, 0);
  }
  #number(c: Count): number {
    return typeof c === "number" ? c : this.array(c.buffer)[c.offset]!;
  }
  text(): string {
    return this.#compiled.text();
  }
  dispose(): void {
    if (this.#memory) this.#membership?.team.drop(this.#membership.id);
    this.#memory = undefined;
    this.#instance = undefined;
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
  #live(): { memory: WebAssembly.Memory; instance: WebAssembly.Instance } {
    if (!this.#memory || !this.#instance)
      throw new RunError("disposed", this.#compiled.name, "this executable was disposed");
    return { memory: this.#memory, instance: this.#instance };
  }
}
