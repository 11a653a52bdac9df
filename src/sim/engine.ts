/**
 * The clocked engine: a network on a backend, advanced in place, block by block or step by step. All state lies in
 * one memory; a network holds none, so there is nothing to forget to reset.
 */
import type { Backend, Elements, Executable } from "../backend/backend.ts";
import { loadProgram, requireBackend } from "../backend/load.ts";
import { listNames, ModelError, RunError, requireChoice, requireInteger, requireKnown } from "../base/errors.ts";
import type { Program } from "../ir/program.ts";
import { type Connection, hasSynapseWeights } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import { requireNetwork } from "../model/requireNetwork.ts";
import { whyOnePart } from "../model/timing.ts";
import { drawnWeights, synapsesDelivered, weightsOf, writeWeights } from "./deliveredViews.ts";
import { SpikeDigest } from "./digest.ts";
import { seedFor } from "./drawnBy.ts";
import { ENGINE, type EngineOptions, FLOATS, RESET, RUN_OPTIONS, type RunOptions } from "./engineOptions.ts";
import { InputFeed, type Inputs, requireBelow } from "./feed.ts";
import { callHook, dueAt, type HookView, inSteps, type SteppedHook, stepsToNext } from "./hooks.ts";
import { forgetLongAgo, lastEvents, SWEEP } from "./longRuns.ts";
import { KEY, RUN } from "./lower/context.ts";
import { FLUSH_EVERY, flushNodes } from "./lower/flush.ts";
import { trainedContents } from "./lower/initial.ts";
import { forwardNodes, type Lowered, lower, programOf } from "./lower/lower.ts";
import { normaliseNodes } from "./lower/normalise.ts";
import { initialParameters, type Parameters, writeParameters } from "./lower/parameters.ts";
import { partsFor } from "./lower/partsFor.ts";
import { WATCH, watchNodes } from "./lower/watch.ts";
import { blockFor, countShape, isLarge } from "./making.ts";
import { Memory } from "./memory.ts";
import { type Mill, synapseMill } from "./mill/mill.ts";
import { rowCounter } from "./mill/rowCounter.ts";
import { checkRecord, type Recording, WholeRecorder, type Window } from "./recording.ts";
import { handedOut } from "./records/handedOut.ts";
import { memorySink, type RecordedSeries } from "./records/memorySink.ts";
import { Recorder } from "./records/recorder.ts";
import type { Sink } from "./records/sink.ts";
import type { Records } from "./records/spec.ts";
import { Reset } from "./reset.ts";
import { requireRoom, requireRoomToDraw } from "./room.ts";
import { settled } from "./settled.ts";
import { copyBuffers, restoreBuffers, type Snapshot } from "./snapshot.ts";
import { SpikeLists } from "./spikeLists.ts";
import { checkStates } from "./stateWatch.ts";
import { fillStepTables } from "./stepTables.ts";
import { isSparse, notSparse, outDegrees, synapseViews, writeBack } from "./synapseViews.ts";

const NORMALISE = "normalise";
const FLUSH = "flush";
/** Rings are addressed by the low bits of a step; the compiled loop counts in 32 bits. */
const WRAP = 2 ** 28;

/**
 * Compiles a network for a backend and sets it to its initial state.
 *
 * @throws {ModelError} for options or a network that cannot run; {RunError} `out-of-range` where it needs more memory than
 *   there is
 */
export async function createEngine(net: Network, backend: Backend, options: EngineOptions = {}): Promise<Engine> {
  requireNetwork("createEngine", net);
  requireBackend(backend);
  requireKnown("engine", options, ENGINE);
  requireChoice("engine.type", options.type, FLOATS);
  const { type = "f32", samples = 1, firstSample = 0, firstStep = 0, record = [] } = options;
  const seed = seedFor(net, options.parameters, options.seed, "engine");
  if (options.parameters) {
    const { net: own, parameters } = settled(net, options.parameters, seed);
    if (own !== net) return createEngine(own, backend, { ...options, parameters, seed });
  }
  const { block = blockFor(net, samples) } = options;
  requireInteger("engine.seed", seed, 0, 2 ** 32 - 1);
  requireInteger("engine.samples", samples, 1, 2 ** 20);
  requireInteger("engine.firstSample", firstSample, 0, 2 ** 32 - samples);
  requireInteger("engine.firstStep", firstStep, 0, 2 ** 52);
  requireInteger("engine.block", block, 1, 2 ** 16);
  const { parts = partsFor(net, samples, backend.threads ?? 1) } = options;
  requireInteger("engine.parts", parts, 1, samples > 1 ? 1 : 256);
  const undivided = parts > 1 ? whyOnePart(net) : undefined;
  if (undivided) throw new ModelError("unsupported", "engine.parts", `${undivided}: one part only, got ${parts}`);
  checkRecord(net, record);
  if (samples > 1 && net.connections.some((c) => c.synapse))
    throw new ModelError("unsupported", net.name, "synapses with pathways belong to one trial: use samples: 1");
  requireRoomToDraw(net, backend, type);
  const populations = Object.entries(net.populations);
  const spiking = populations.filter(([, p]) => p.model.spike).map(([name]) => `${name}.spike`);
  const recorded = [...new Set([...spiking, ...record, ...handedOut(net, options.records ?? {})])];
  using counter = isLarge(net) ? await rowCounter(backend, countShape(net)) : undefined;
  const lowered = lower(net, {
    type,
    mode: "stream",
    samples,
    steps: block,
    batch: samples,
    shards: 1,
    parts,
    record: recorded,
    seed,
    counter,
  });
  const program = programOf(net.name, lowered, [
    { name: "run", body: forwardNodes(lowered) },
    { name: FLUSH, body: flushNodes(lowered) },
    { name: WATCH, body: watchNodes(lowered) },
    ...(options.normalise ? [{ name: NORMALISE, body: normaliseNodes(options.normalise, lowered) }] : []),
  ]);
  requireRoom(net, backend, program);
  const { drawn } = lowered.context;
  using mill = isLarge(net) && drawn.length > 0 ? await synapseMill(drawn, backend) : undefined;
  const executable = await loadProgram(backend, program);
  const parameters = options.parameters ?? initialParameters(net, seed, type, false);
  const feed = new InputFeed(lowered, options.sources, firstSample);
  return new Engine(net, lowered, program, executable, parameters, { firstStep, firstSample, feed, mill });
}

/** Tables of synapses are made when an engine is. */
function requireNoSynapses(net: Network, parameters: Parameters): void {
  const given = net.connections.find((c) => hasSynapseWeights(c) && `${c.name}.weight` in parameters);
  if (given)
    throw new ModelError(
      "unsupported",
      `parameters.${given.name}.weight`,
      "an engine takes weights of sparse connections when it is made: make one with these parameters",
    );
}

/**
 * A network that runs, with all its state in one memory. Make it with `createEngine`; give the memory back with
 * `dispose`.
 */
export class Engine implements Disposable {
  readonly network: Network;
  readonly program: Program;
  readonly lowered: Lowered;
  readonly #executable: Executable;
  readonly #whole: WholeRecorder;
  /** Views of the memory, which would keep it alive: made for the first block, and given up with it. */
  #spikes: SpikeLists | undefined;
  readonly #feed: InputFeed;
  readonly #digest = new SpikeDigest();
  #step: number;
  /** Connections whose weights a hook has changed where no buffer of a snapshot holds them. */
  readonly #rewritten = new Set<string>();
  #inHook = false;
  #reset: Reset | undefined;

  /** Use `createEngine`. */
  constructor(
    net: Network,
    lowered: Lowered,
    program: Program,
    executable: Executable,
    parameters: Parameters,
    {
      firstStep,
      firstSample,
      feed,
      mill,
    }: { firstStep: number; firstSample: number; feed: InputFeed; mill?: Mill | undefined },
  ) {
    this.network = net;
    this.lowered = lowered;
    this.program = program;
    this.#executable = executable;
    this.#whole = new WholeRecorder(lowered);
    this.#feed = feed;
    this.#step = firstStep;
    const memory = new Memory(executable, program);
    memory.fill(lowered.context.contents, mill);
    lowered.context.contents.clear(); // what tables were made from may be as large as they are
    if (lowered.context.buffers.has("sample.number")) {
      const numbers = executable.array("sample.number");
      for (let s = 0; s < numbers.length; s++) numbers[s] = firstSample + s;
    }
    for (const buffer of lastEvents(lowered)) executable.array(buffer).fill(firstStep % 2 ** 32);
    this.setParameters(parameters);
    memory.fill(trainedContents(lowered, executable.array("parameters")));
  }

  /** Steps done so far, those before `firstStep` counted in: the number of the next step. */
  get stepsDone(): number {
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
  /** What the backend generated. */
  get text(): string {
    return this.#executable.text();
  }

  /**
   * Initial states in training are those of the first parameters: where an engine stands, it goes on from.
   * @throws {ModelError} `unknown-name`, `shape-mismatch`, `not-finite`, `out-of-range`
   */
  setParameters(parameters: Parameters): void {
    requireNoSynapses(this.network, parameters);
    writeParameters(this.#executable.array("parameters"), this.lowered.parameters, parameters);
    this.#executable.run("prepare");
  }

  /**
   * A live view of a state variable, such as `e.v`: `[samples][padded size]`.
   * @throws {ModelError} `unknown-name`
   */
  state(name: string): Elements {
    const names = [...this.lowered.populations.values()].flatMap((p) => p.states.map((s) => s.buffer));
    if (names.includes(name)) return this.#executable.array(name);
    throw new ModelError("unknown-name", "state", `no state variable '${name}'; known: ${listNames(names)}`);
  }

  /**
   * What a sparse connection holds, one entry a synapse in order of source, then of target: `source`, `target`, the weight
   * `w`, the synapse's own variables, and where synapses differ in it their `delay` in steps. Event-driven variables that
   * spikes of the source alone change (or of the target alone), such as traces, are the same for all synapses of that neuron:
   * they are shown as the next step finds them, and a hook may change them for all of the neuron's synapses alike. Other
   * event-driven variables are as they were at the synapse's last event, in step `last.update`. Weights and variables that
   * differ between synapses, that a pathway changes or that equations declare, are live views; the rest are copies, as are
   * those that synapses of a neuron share, and everything of a connection with a delay for each synapse.
   * @throws {ModelError} `unknown-name`
   */
  synapses(connection: string): Readonly<Record<string, Elements>> {
    const c = this.network.connections.find((x) => x.name === connection);
    const views = c && synapseViews(this.#executable, this.lowered, c, this.#step);
    if (views) return views;
    const sparse = this.network.connections.map((x) => x.name).filter((name) => isSparse(this.lowered, name));
    throw notSparse(connection, sparse, this.network, "synapses");
  }

  /**
   * A recorder that goes along with runs: `run(steps, inputs, { records: recorder })`, as often as there are runs.
   * Records go to a sink while runs go on; by default to memory.
   * @throws {ModelError} for what cannot be recorded
   */
  recorder(records: Records): Recorder<RecordedSeries>;
  recorder<R>(records: Records, sink: Sink<R>): Recorder<R>;
  recorder(records: Records, sink: Sink = memorySink()): Recorder {
    const host = {
      x: this.#executable,
      l: this.lowered,
      state: (name: string) => this.state(name),
      synapses: (name: string) => this.synapses(name),
    };
    return new Recorder(this.network, host, records, sink);
  }

  /**
   * Synapses of each source of a connection: what a spike of it costs.
   * @throws {ModelError} `unknown-name`
   */
  outDegrees(connection: string): Uint32Array {
    const c = this.network.connections.find((x) => x.name === connection);
    if (!c) {
      const known = listNames(this.network.connections.map((x) => x.name));
      throw new ModelError("unknown-name", "outDegrees", `no connection '${connection}'; known: ${known}`);
    }
    const { context } = this.lowered;
    const dense = (): Uint32Array => new Uint32Array(context.size(c.from.node)).fill(context.size(c.to.node));
    return outDegrees(this.#executable, this.lowered, c) ?? dense();
  }

  /**
   * Runs a number of steps.
   * @param inputs by input name; events count their steps from the start of this call; what is not given is silent
   * @param options `hooks`: functions that are called before declared steps of this run; `records`: what to record
   * @throws {DataError} for inputs that do not fit; {RunError} `not-finite` where a state becomes so; `disposed`
   */
  run(steps: number, inputs: Inputs = {}, options: RunOptions = {}): Recording {
    requireKnown("run", options, RUN_OPTIONS);
    const { records } = options;
    if (!records || records instanceof Recorder) return this.#run(steps, inputs, options, records);
    const sink = memorySink();
    const recorder = this.recorder(records, sink);
    const recording = this.#run(steps, inputs, options, recorder);
    recorder.close();
    return { ...recording, records: sink.finish() };
  }

  #run(steps: number, inputs: Inputs, options: RunOptions, recorder: Recorder | undefined): Recording {
    requireInteger("steps", steps, 0);
    const hooks = inSteps(options.hooks ?? [], this.lowered.context.net);
    if (this.#inHook)
      throw new RunError("unsupported", "run", "a hook is called within a run, and cannot start another");
    const { steps: block } = this.lowered.context.options;
    if (!recorder) requireInteger("steps", steps, 0, 2 ** 32 - 1); // what is kept whole is counted in 32 bits
    this.#executable.array("run");
    this.#feed.add(inputs, this.#step, steps);
    this.#begin(steps, recorder);
    for (let done = 0; done < steps; ) {
      this.#callHooks(hooks, done);
      recorder?.before(this.#step);
      const stop = recorder ? recorder.stepsToStop(this.#step) : Number.POSITIVE_INFINITY;
      const flush = FLUSH_EVERY - (this.#step % FLUSH_EVERY);
      const count = Math.min(steps - done, block, flush, stepsToNext(hooks, done), stop);
      this.#runBlock(count, done, recorder);
      done += count;
    }
    return recorder
      ? { steps, spikes: {}, values: {}, records: {}, digest: this.digest }
      : this.#whole.end(this.digest);
  }
  #begin(steps: number, recorder: Recorder | undefined): void {
    if (!recorder) return this.#whole.begin(steps);
    if (!recorder.belongsTo(this.#executable))
      throw new RunError("usage", "records", "this recorder is of another engine: make it with this one's recorder()");
    recorder.begin(this.#step);
  }

  #callHooks(hooks: readonly SteppedHook[], index: number): void {
    const step = this.#step;
    const seen = new Map<string, Readonly<Record<string, Elements>>>();
    const view: HookView = {
      step,
      index,
      t: step * this.network.dt,
      state: (name) => this.state(name),
      synapses: (name) => seen.get(name) ?? seen.set(name, this.synapses(name)).get(name)!,
      inject: (input, indices, samples) => this.#feed.inject(input, step, { indices, ...(samples && { samples }) }),
    };
    this.#inHook = true;
    try {
      for (const hook of dueAt(hooks, index)) {
        callHook(hook, view);
        for (const [name, views] of seen) this.#writeBack(name, views);
        seen.clear();
      }
    } finally {
      this.#inHook = false;
    }
  }

  #writeBack(connection: string, views: Readonly<Record<string, Elements>>): void {
    if (writeBack(this.#executable, this.lowered, this.#connection(connection), views, this.#step))
      this.#rewritten.add(connection);
  }
  #connection(name: string): Connection {
    return this.network.connections.find((x) => x.name === name)!;
  }

  #runBlock(count: number, done: number, recorder: Recorder | undefined): void {
    const x = this.#executable;
    const block = { now: this.#step, count, done };
    const run = x.array("run");
    run[RUN.start] = this.#step % WRAP;
    run[RUN.steps] = count;
    x.array("key")[KEY.seed] = this.lowered.context.options.seed;
    fillStepTables(x, this.lowered, this.#step, count);
    this.#feed.write(x, block);
    x.run("run");
    x.run(WATCH);
    this.#step += count;
    if (this.#step % FLUSH_EVERY === 0) x.run(FLUSH);
    if (block.now % SWEEP > this.#step % SWEEP) forgetLongAgo(x, this.lowered, this.#step);
    const spikes = (this.#spikes ??= new SpikeLists(x, this.lowered));
    if (recorder) this.#hear(recorder, spikes, block);
    else this.#whole.take(x, spikes, block, this.#digest);
    checkStates(x, this.lowered, block);
  }

  #hear(recorder: Recorder, spikes: SpikeLists, block: Window): void {
    spikes.visit(block, (population, sample, step, fired) => {
      this.#digest.addAll(population, sample, step, fired);
      recorder.spikes(population, sample, step, fired.list.subarray(fired.from, fired.end));
    });
    recorder.after(block);
  }

  /**
   * Advances one step.
   * @param inputs by input name: indices of those that spike now, or the values now; of several trials, as positions
   *   in `[samples][size]`
   */
  step(inputs: Readonly<Record<string, ArrayLike<number>>> = {}): Recording {
    return this.run(1, Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, this.#now(name, x)])));
  }
  #now(name: string, x: ArrayLike<number>): Inputs[string] {
    const input = this.network.inputs[name];
    if (input?.signal !== "spikes") return { values: x };
    requireBelow(`inputs.${name}`, x, this.lowered.context.options.samples * input.size);
    const positions = Array.from(x);
    return {
      steps: positions.map(() => 0),
      indices: positions.map((k) => k % input.size),
      samples: positions.map((k) => Math.floor(k / input.size)),
    };
  }

  /** A copy of everything that changes; an engine of the same network and options goes on from it bit for bit. */
  snapshot(): Snapshot {
    return {
      step: this.#step,
      buffers: copyBuffers(this.#executable, this.lowered, this.program),
      pending: this.#feed.pending(),
      digest: this.#digest.state,
      weights: new Map(
        [...this.#rewritten].map((name) => [name, weightsOf(this.#executable, this.lowered, this.#connection(name))]),
      ),
    };
  }
  /** @throws {RunError} `shape-mismatch` if the snapshot is of another network or of other options; then nothing changes */
  restore(snapshot: Snapshot): void {
    for (const [name, { length }] of snapshot.weights)
      if (synapsesDelivered(this.lowered, name) !== length)
        throw new RunError("shape-mismatch", "snapshot", `weights of '${name}' do not fit this engine`);
    restoreBuffers(this.#executable, this.lowered, this.program, snapshot);
    for (const name of new Set([...this.#rewritten, ...snapshot.weights.keys()])) {
      const c = this.#connection(name);
      const w = snapshot.weights.get(name) ?? drawnWeights(this.lowered, c);
      writeWeights(this.#executable, this.lowered, c, w);
    }
    this.#rewritten.clear();
    for (const name of snapshot.weights.keys()) this.#rewritten.add(name);
    this.#feed.restore(snapshot.pending);
    this.#step = snapshot.step;
    this.#digest.state = snapshot.digest;
  }

  /**
   * Goes to the next sample: neurons, traces and other variables of synapses are as before the first step again, and nothing
   * is under way. Weights stay, and so does the number of the next step, by which chance and time go.
   * @param options `keep`: states that stay too, such as `e.theta`, or `in>e.x` of a connection
   * @throws {ModelError} `unknown-name`
   */
  reset(options: { readonly keep?: readonly string[] } = {}): void {
    requireKnown("reset", options, RESET);
    if (this.#inHook) throw new RunError("unsupported", "reset", "a hook is called within a run, which goes on");
    this.#reset ??= new Reset(this.lowered);
    this.#reset.run(this.#executable, this.#step, options.keep ?? []);
    this.#feed.clear();
  }

  /**
   * Scales the weights that arrive at each target of the connections that option `normalise` names, so that they add up to
   * what it says. A target whose weights add up to nothing, or less, keeps them.
   */
  normalise(): void {
    if (this.#inHook) throw new RunError("unsupported", "normalise", "a hook changes weights through 'synapses'");
    if (!this.program.regions.some((r) => r.name === NORMALISE))
      throw new RunError("usage", "normalise", "make the engine with option 'normalise', which says to what");
    this.#executable.run(NORMALISE);
  }

  /** Gives the memory back; every later call throws. */
  dispose(): void {
    this.#spikes = undefined;
    this.#executable.dispose();
  }
  /** `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
