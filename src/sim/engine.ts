/**
 * The clocked engine: a network on a backend, advanced in place, block by block or step by step. All state lies in
 * one memory; a network holds none, so there is nothing to forget to reset.
 */
import { type Backend, type Elements, type Executable } from "../backend/backend.ts";
import { ModelError, requireInteger, RunError } from "../base/errors.ts";
import { verifyProgram } from "../ir/verify.ts";
import { type Program } from "../ir/program.ts";
import { type FloatType } from "../ir/types.ts";
import { type Network } from "../model/network.ts";
import { type State as DigestState } from "../base/hash.ts";
import { SpikeDigest } from "./digest.ts";
import { type InputData, InputFeed } from "./feed.ts";
import { KEY, RUN } from "./lower/context.ts";
import { forwardNodes, lower, type Lowered, programOf } from "./lower/lower.ts";
import { initialParameters, type Parameters, writeBlock } from "./lower/parameters.ts";
import { Recorder, type Recording } from "./recording.ts";

export interface EngineOptions {
  readonly type?: FloatType;
  readonly seed?: number;
  /** Trials side by side, each with a state of its own. */
  readonly samples?: number;
  /** Steps that one entry into the compiled loop runs at most. */
  readonly block?: number;
  /** `population.variable` of values to record. Spikes of every population are recorded always. */
  readonly record?: readonly string[];
  /** Weights by name; drawn by `seed` where absent. */
  readonly parameters?: Parameters;
}

/** A copy of everything that changes. */
export interface Snapshot { readonly step: number; readonly buffers: ReadonlyMap<string, Elements>; readonly digest: DigestState }

const BLOCK = 64;

export async function createEngine(net: Network, backend: Backend, options: EngineOptions = {}): Promise<Engine> {
  const { type = "f32", seed = 0, samples = 1, block = BLOCK, record = [], parameters } = options;
  requireInteger("engine.samples", samples, 1, 2 ** 20);
  requireInteger("engine.block", block, 1, 2 ** 16);
  checkRecord(net, record);
  const spiking = Object.entries(net.populations).filter(([, p]) => p.model.spike).map(([name]) => `${name}.spike`);
  if (samples > 1 && net.connections.some((c) => c.synapse)) throw new ModelError("unsupported", net.name, "synapses with pathways belong to one trial: use samples: 1");
  const lowered = lower(net, { type, mode: "stream", samples, steps: block, batch: samples, record: [...new Set([...spiking, ...record])], seed });
  const program = programOf(net.name, lowered, [{ name: "run", body: forwardNodes(lowered) }]);
  verifyProgram(program);
  const executable = await backend.load(program);
  return new Engine(lowered, program, executable, parameters ?? initialParameters(net, seed, type));
}

function checkRecord(net: Network, record: readonly string[]): void {
  for (const r of record) {
    const [node, port, ...rest] = r.split(".");
    const p = net.populations[node ?? ""];
    const ports = p ? [...p.model.outputs, ...(p.model.spike ? ["spike"] : [])] : node !== undefined && node in net.transforms ? ["value"] : [];
    if (rest.length > 0 || port === undefined || !ports.includes(port))
      throw new ModelError("unknown-name", "record", `cannot record '${r}'; it is a population and one of its variables, such as ${Object.keys(net.populations)[0] ?? "p"}.v`);
  }
}

export class Engine implements Disposable {
  readonly network: Network;
  readonly program: Program;
  readonly lowered: Lowered;
  readonly #executable: Executable;
  readonly #recorder: Recorder;
  readonly #feed: InputFeed;
  readonly #digest = new SpikeDigest();
  #step = 0;

  /** Use `createEngine`. */
  constructor(lowered: Lowered, program: Program, executable: Executable, parameters: Parameters) {
    this.network = lowered.net;
    this.lowered = lowered;
    this.program = program;
    this.#executable = executable;
    this.#recorder = new Recorder(lowered);
    this.#feed = new InputFeed(lowered);
    for (const [name, values] of lowered.context.constants) executable.array(name).set(values);
    this.#initialise();
    this.setParameters(parameters);
  }

  /** Steps run so far. */
  get step(): number {
    return this.#step;
  }
  /** A digest of all spikes so far: equal for equal runs on every machine and backend. */
  get digest(): string {
    return this.#digest.text;
  }
  /** Bytes of linear memory. */
  get bytes(): number {
    return this.#executable.bytes;
  }
  get text(): string {
    return this.#executable.text();
  }

  /** @throws {ModelError} `unknown-name`, `shape-mismatch` */
  setParameters(parameters: Parameters): void {
    const to = this.#executable.array("parameters");
    for (const block of this.lowered.parameters.blocks.values()) {
      const from = parameters[block.name];
      if (!from) throw new ModelError("unknown-name", `parameters.${block.name}`, "is missing");
      if (from.length !== block.rows * block.width) throw new ModelError("shape-mismatch", `parameters.${block.name}`, `needs ${block.rows} x ${block.width} numbers, got ${from.length}`);
      writeBlock(to, block, from);
    }
    this.#executable.run("prepare");
  }

  /** A live view of a state variable, `[samples][padded size]`. */
  state(name: string): Elements {
    return this.#executable.array(name);
  }

  /**
   * Runs a number of steps.
   * @param inputs by input name; events count their steps from the start of this call
   * @throws {RunError} `not-finite` where a recorded value is; `disposed`
   */
  run(steps: number, inputs: Readonly<Record<string, InputData>> = {}): Recording {
    requireInteger("steps", steps, 0);
    this.#feed.add(inputs, this.#step, steps);
    this.#recorder.begin(steps);
    for (let done = 0; done < steps; ) {
      const count = Math.min(steps - done, this.lowered.context.options.steps);
      this.#runBlock(count, done);
      done += count;
    }
    return this.#recorder.end(this.digest);
  }

  #runBlock(count: number, done: number): void {
    const x = this.#executable;
    const rows = this.lowered.context.rows(0);
    const run = x.array("run");
    run[RUN.start] = this.#step % 2 ** 28;
    run[RUN.steps] = count;
    x.array("key")[KEY.seed] = this.lowered.context.options.seed;
    this.#fillTables(count, rows);
    this.#feed.write(x, this.#step, count, done);
    x.run("run");
    this.#recorder.take(x, this.#step, count, done, this.#digest);
    this.#step += count;
  }

  /** Numbers of each step, where draws or equations in `t` ask for them. */
  #fillTables(count: number, rows: number): void {
    const { buffers, net } = this.lowered.context;
    const table = (name: string, value: (step: number) => number): void => {
      if (!buffers.has(name)) return;
      const to = this.#executable.array(name);
      for (let k = 0; k < count; k++) to[(this.#step + k) % rows] = value(this.#step + k);
    };
    table("step.low", (s) => s % 2 ** 32);
    table("step.high", (s) => Math.floor(s / 2 ** 32));
    table("step.time", (s) => s * net.dt);
  }

  #initialise(): void {
    const { samples } = this.lowered.context.options;
    for (const { states, node } of this.lowered.populations.values()) {
      const stride = this.lowered.context.stride(node);
      for (const { name, buffer, initial } of states)
        for (let s = 0; s < samples; s++) {
          this.#executable.array(buffer).set(initial, s * stride);
          this.#fillHistory(node, name, initial, s);
        }
    }
    const numbers = this.lowered.context.buffers.has("sample.number") ? this.#executable.array("sample.number") : [];
    for (let s = 0; s < numbers.length; s++) numbers[s] = s;
  }
  /** What left by value before the first step is the initial state. */
  #fillHistory(node: string, variable: string, initial: ArrayLike<number>, s: number): void {
    const signal = this.lowered.sources.values.get(`${node}.${variable}`);
    if (!signal) return;
    for (let r = 0; r < signal.rows; r++) this.#executable.array(signal.name).set(initial, (s * signal.rows + r) * signal.stride);
  }

  /** Advances one step. @param events indices of the inputs that spike now */
  advance(events: Readonly<Record<string, ArrayLike<number>>> = {}): Recording {
    const inputs = Object.fromEntries(Object.entries(events).map(([name, indices]) => [name, { indices, steps: new Uint32Array(indices.length) }]));
    return this.run(1, inputs);
  }

  snapshot(): Snapshot {
    const changing = this.program.buffers.filter((b) => b.role === "state" || b.role === "work" || b.role === "parameter");
    return {
      step: this.#step,
      buffers: new Map(changing.map((b) => [b.name, this.#executable.array(b.name).slice()])),
      digest: this.#digest.state,
    };
  }
  /** @throws {RunError} if the snapshot is of another network */
  restore(snapshot: Snapshot): void {
    for (const [name, values] of snapshot.buffers) {
      const b = this.lowered.context.buffers.get(name);
      if (b?.length !== values.length) throw new RunError("shape-mismatch", "snapshot", `'${name}' does not fit this engine`);
      this.#executable.array(name).set(values);
    }
    this.#step = snapshot.step;
    this.#digest.state = snapshot.digest;
    this.#feed.clear();
  }

  dispose(): void {
    this.#executable.dispose();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }
}
