/**
 * The exact engine: event by event, with closed forms in between, and no grid of time. Spike times are right to the last
 * places of a number, delays are any durations, and work is done only for neurons that something happens to.
 *
 * The order of what happens at one moment: refractory periods end; inputs spike; spikes arrive, all of them; then neurons
 * are tested, and those above threshold fire together, in order of population and neuron. What they send without delay
 * arrives next, at the same moment, and who is above threshold then fires in a second round. So a neuron sees everything
 * that reaches it at once before it fires. (A network's `schedule` orders a step, and `dt` is one: neither matters here,
 * save that delays are `delay · dt`.)
 */
import type { Dimension } from "../../base/dimension.ts";
import { ModelError, RunError, requireInteger, requireKnown } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import type { Network } from "../../model/network.ts";
import { requireNetwork } from "../../model/requireNetwork.ts";
import { seedFor } from "../drawnBy.ts";
import { initialParameters, type Parameters, parameterLayout, writeParameters } from "../lower/parameters.ts";
import { memorySink, type RecordedSeries } from "../records/memorySink.ts";
import type { Sink } from "../records/sink.ts";
import type { Records } from "../records/spec.ts";
import { settled } from "../settled.ts";
import { Cells } from "./cells.ts";
import { EXACT, EXACT_RUN, type ExactOptions, type ExactRunOptions } from "./options.ts";
import { elementOf, groupOf, KIND, kindOf, orderOf, TEST } from "./order.ts";
import { EventHeap } from "./queue.ts";
import { ExactRecorder } from "./recorder.ts";
import {
  type ExactCounts,
  type ExactRecording,
  type Recorded,
  recordedOf,
  SpikeColumns,
  TimeDigest,
} from "./recording.ts";
import { checkDelayNames, type ExactDelays, rowsOfConnection } from "./rows.ts";
import { Sampler, sampleTimes } from "./sampler.ts";
import { checkInputs, type ExactInputs, type NextSpike, nextSpikes, type SpikeTrain } from "./sources.ts";
import { currentsOf, type Driven, type Wire, wiringOf } from "./wiring.ts";

/** Of the time that a bound has gained: what another one must add, or the crossing is computed. */
const GAIN = 1 / 8;

/** A neuron that fires as often within a microsecond fires for ever: a billion spikes a second are no neuron's. */
const MOST_AT_ONCE = 1000;
const AT_ONCE = 1e-6;
const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];

/**
 * @throws {ModelError} for options or a network that cannot run: `unsupported` names the model's equation or the connection
 *   that has no exact solution here, and says what has
 */
export function createExactEngine(net: Network, options: ExactOptions = {}): ExactEngine {
  requireNetwork("createExactEngine", net);
  requireKnown("engine", options, EXACT);
  const { record = [], delays = {}, sources = {} } = options;
  const seed = seedFor(net, options.parameters, options.seed, "engine");
  requireInteger("engine.seed", seed, 0, 2 ** 32 - 1);
  for (const name of Object.keys(net.transforms))
    throw new ModelError(
      "unsupported",
      `${net.name}.${name}`,
      "a transform works on values in every step, and there are no steps",
    );
  for (const [name, p] of Object.entries(net.populations))
    if (p.winners !== undefined)
      throw new ModelError(
        "unsupported",
        `${net.name}.${name}.winners`,
        "a competition is decided step by step, and there are no steps",
      );
  checkDelayNames(net, delays);
  if (options.parameters) {
    const { net: own, parameters } = settled(net, options.parameters, seed);
    if (own !== net) return createExactEngine(own, { ...options, parameters, seed });
  }
  const parameters = options.parameters ?? initialParameters(net, seed, "f64", false);
  const layout = parameterLayout(net, "f64", { synapses: false });
  writeParameters(new Float64Array(layout.length), layout, parameters); // checks them
  return new ExactEngine(net, { seed, record, parameters, delays, sources });
}

/** An input's given spikes, and how many of them have been. */
interface Train extends SpikeTrain {
  done: number;
}

/** Hears of a spike of neuron n, before its reset. */
export type SpikeWatcher = (cells: Cells, n: number, time: number) => void;

/** Runs a network event by event, in closed form between events, without a grid of time. */
export class ExactEngine {
  readonly network: Network;
  readonly #cells: readonly Cells[];
  readonly #wires: ReadonlyMap<string, readonly Wire[]>;
  readonly #allWires: readonly Wire[];
  readonly #driven: readonly Driven[];
  readonly #inputs: readonly string[];
  readonly #sources: ReadonlyMap<string, NextSpike>;
  /** By input and element: spikes so far. */
  readonly #drawn: ReadonlyMap<string, Float64Array>;
  readonly #heap = new EventHeap();
  readonly #record: readonly Recorded[];
  readonly #columns: readonly SpikeColumns[];
  #digest = new TimeDigest();
  readonly #trains = new Map<string, Train>();
  /** Neurons that something has reached in this round, as numbers among those of all populations. */
  readonly #touched: Uint32Array;
  readonly #isTouched: Uint8Array;
  #touches = 0;
  #now = 0;
  readonly #seed: number;
  readonly #delays: ExactDelays;
  #onSpike: SpikeWatcher | undefined;
  /** Of the run at hand, if it was told what to record. */
  #recorder: ExactRecorder | undefined;
  readonly #counts = { spikes: 0, inputSpikes: 0, synapticEvents: 0, bounds: 0, crossings: 0, stale: 0 };

  /** Use `createExactEngine`. */
  constructor(net: Network, { seed, record, parameters, delays, sources }: Required<ExactOptions>) {
    this.network = net;
    this.#seed = seed;
    this.#delays = delays;
    let first = 0;
    this.#cells = Object.entries(net.populations).map(([node, p]) => {
      const cells = new Cells(node, p, first, parameters, seed);
      first += p.size;
      return cells;
    });
    const { wires, all, driven } = wiringOf(
      net,
      new Map(this.#cells.map((c) => [c.node, c])),
      parameters,
      seed,
      delays,
    );
    [this.#wires, this.#allWires, this.#driven] = [wires, all, driven];
    this.#inputs = Object.keys(net.inputs);
    this.#sources = nextSpikes(net, sources, seed);
    this.#drawn = new Map([...this.#sources.keys()].map((name) => [name, new Float64Array(net.inputs[name]!.size)]));
    this.#record = recordedOf(net, record);
    this.#columns = this.#cells.map(() => new SpikeColumns());
    this.#touched = new Uint32Array(first);
    this.#isTouched = new Uint8Array(first);
    this.#begin();
  }

  /** Seconds since the engine began. */
  get now(): number {
    return this.#now;
  }
  /** A digest of all spikes so far: equal for equal runs on every machine. */
  get digest(): string {
    return this.#digest.text;
  }
  get counts(): ExactCounts {
    const total = (of: (c: Cells) => number): number => this.#cells.reduce((sum, c) => sum + of(c), 0);
    const { pushed, popped } = this.#heap;
    return {
      ...this.#counts,
      updates: total((c) => c.updates),
      evaluations: total((c) => c.evaluations),
      pushed,
      popped,
    };
  }

  /**
   * Begins anew at 0 s, as an engine just made does; with other weights where they are given. Inputs that fire by themselves
   * fire as they did. Counts go on.
   * @throws {ModelError} `unknown-name`, `shape-mismatch` for weights that do not fit
   */
  restart(parameters?: Parameters): void {
    if (parameters) this.#setWeights(parameters);
    for (const cells of this.#cells) cells.restart();
    this.#heap.clear();
    this.#trains.clear();
    this.#isTouched.fill(0);
    this.#touches = 0;
    this.#now = 0;
    this.#digest = new TimeDigest();
    for (const columns of this.#columns) columns.take();
    this.#begin();
  }
  #setWeights(parameters: Parameters): void {
    const layout = parameterLayout(this.network, "f64");
    writeParameters(new Float64Array(layout.length), layout, parameters); // checks them
    for (const { connection, weight } of this.#allWires)
      weight.set(rowsOfConnection(connection, this.network, parameters, this.#seed, this.#delays).weight);
  }
  #begin(): void {
    for (const drawn of this.#drawn.values()) drawn.fill(0);
    for (const [name, next] of this.#sources)
      for (let k = 0; k < this.network.inputs[name]!.size; k++) this.#pushInput(name, k, next(k, 0, 0));
    this.#touchAll();
  }

  /**
   * A recorder that goes along with runs: `run(duration, { records: recorder })`, as often as there are runs.
   * Records go to a sink while runs go on; by default to memory.
   * @throws {ModelError} for what cannot be recorded: `unsupported` names what has no meaning without steps
   */
  recorder(records: Records): ExactRecorder<RecordedSeries>;
  recorder<R>(records: Records, sink: Sink<R>): ExactRecorder<R>;
  recorder(records: Records, sink: Sink = memorySink()): ExactRecorder {
    return new ExactRecorder(this.network, this.#seed, this.#cells, records, sink);
  }

  /**
   * Runs for a while: everything from now until before the end. How a stretch of time is cut into runs changes nothing.
   * @param duration seconds, or a quantity such as "10 ms"
   * @throws {ModelError} `out-of-range` for a duration that is none; {DataError} for inputs or times that do not fit;
   *   {RunError} `not-finite` where a state becomes so; `out-of-range` where a neuron fires for ever at one moment
   */
  run(duration: number | string, options: ExactRunOptions = {}): ExactRecording {
    requireKnown("run", options, EXACT_RUN);
    const { records } = options;
    if (!records || records instanceof ExactRecorder) return this.#run(duration, options, records);
    const sink = memorySink();
    const recorder = this.recorder(records, sink);
    const recording = this.#run(duration, options, recorder);
    recorder.close();
    return { ...recording, records: sink.finish() };
  }

  /** Runs as `run` does, and hands over each neuron that fires, up to date and before its reset. */
  runWatched(duration: number, inputs: ExactInputs, onSpike: SpikeWatcher): ExactRecording {
    this.#onSpike = onSpike;
    try {
      return this.#run(duration, { inputs }, undefined);
    } finally {
      this.#onSpike = undefined;
    }
  }

  #run(
    duration: number | string,
    { inputs = {}, sampleAt = [] }: ExactRunOptions,
    recorder: ExactRecorder | undefined,
  ): ExactRecording {
    const seconds = typeof duration === "string" ? quantityOf(duration, SECOND, "duration") : duration;
    if (!(seconds >= 0 && Number.isFinite(seconds)))
      throw new ModelError("out-of-range", "duration", `must be finite and at least 0 s, got ${seconds}`);
    const end = this.#now + seconds;
    const { spikes, values } = checkInputs(this.network, inputs, this.#now, end);
    const samples = new Sampler(this.#record, this.#cells, sampleTimes(sampleAt, this.#now, end));
    recorder?.begin(this.#cells, this.#now);
    this.#recorder = recorder;
    this.#drive(values);
    for (const [name, train] of spikes) {
      this.#trains.set(name, { ...train, done: 0 });
      this.#pushTrain(name);
    }
    if (seconds > 0) this.#settle(this.#now);
    while (this.#heap.nextTime < end) {
      const time = this.#heap.nextTime;
      samples.before(time);
      recorder?.before(time);
      this.#round(time);
    }
    samples.before(Number.POSITIVE_INFINITY);
    recorder?.before(end);
    const start = this.#now;
    this.#now = end;
    return {
      start,
      duration: seconds,
      spikes: Object.fromEntries(
        this.#cells.flatMap((c, k) => (c.form.excess && !recorder ? [[c.node, this.#columns[k]!.take()]] : [])),
      ),
      records: {},
      times: samples.times,
      values: samples.values,
      counts: this.counts,
      digest: this.digest,
    };
  }

  /** Constant currents of this run. */
  #drive(values: ReadonlyMap<string, ArrayLike<number>>): void {
    for (const d of this.#driven) {
      const currents = currentsOf(d, values);
      const before = d.cells.current(d.port);
      if (currents.every((x, k) => x === before[k])) continue;
      for (let n = 0; n < d.cells.size; n++) this.#touch(d.cells, n, this.#now);
      d.cells.drive(d.port, currents);
    }
  }

  /** Everything that happens at one moment up to the spikes that follow, which may ask for another round. */
  #round(time: number): void {
    const heap = this.#heap;
    while (heap.nextTime === time && heap.nextOrder < TEST) {
      heap.pop();
      const { order, place } = heap;
      const [kind, group, element] = [kindOf(order), groupOf(order), elementOf(order)];
      if (kind === KIND.recovery) this.#recover(group, element, time);
      else if (kind === KIND.input) this.#fireInput(group, element, place, time);
      else this.#arrive(this.#allWires[group]!, element, heap.base, place, time);
    }
    this.#settle(time);
    const fired: number[] = [];
    while (heap.nextTime === time && heap.nextOrder >= TEST) {
      heap.pop();
      const { order } = heap;
      if (this.#test(groupOf(order), elementOf(order), time)) fired.push(order);
    }
    for (const order of fired) this.#fire(groupOf(order), elementOf(order), time);
    this.#settle(time);
  }

  #touch(cells: Cells, n: number, time: number): void {
    cells.update(n, time);
    const number = cells.first + n;
    if (this.#isTouched[number]) return;
    this.#isTouched[number] = 1;
    this.#touched[this.#touches++] = number;
  }
  #touchAll(): void {
    for (const cells of this.#cells) for (let n = 0; n < cells.size; n++) this.#touch(cells, n, 0);
  }
  /** Plans a test of every neuron that has been touched. */
  #settle(time: number): void {
    let cells = this.#cells[0]!;
    let population = 0;
    for (let k = 0; k < this.#touches; k++) {
      const number = this.#touched[k]!;
      this.#isTouched[number] = 0;
      if (number < cells.first || number >= cells.first + cells.size) {
        population = this.#cells.findIndex((c) => number < c.first + c.size);
        cells = this.#cells[population]!;
      }
      this.#plan(population, cells, number - cells.first, time);
    }
    this.#touches = 0;
  }

  /** When a neuron that has just been touched is to be looked at again. */
  #plan(population: number, cells: Cells, n: number, time: number): void {
    if (!cells.form.excess) return;
    cells.due[n] = Number.POSITIVE_INFINITY;
    if (cells.refractory[n]) return;
    const bound = cells.earliest(n);
    if (bound === undefined) this.#cross(cells, n);
    else {
      this.#counts.bounds++;
      cells.certain[n] = 0;
      cells.due[n] = bound;
    }
    if (Number.isNaN(cells.due[n])) throw notFinite(cells, n, time);
    this.#queue(population, cells, n);
  }
  #cross(cells: Cells, n: number): void {
    this.#counts.crossings++;
    cells.certain[n] = 1;
    cells.due[n] = cells.crossing(n);
  }
  /** A new bound is cheap: it is worth having where it gains a good part of the time since the last event. */
  #sharpen(cells: Cells, n: number, time: number): void {
    this.#counts.bounds++;
    const bound = cells.earliestFrom(n, time);
    if (bound - time > GAIN * (time - cells.last[n]!)) cells.due[n] = bound;
    else this.#cross(cells, n);
  }
  /** A test that is in the queue already and comes early enough will find out that it is early. */
  #queue(population: number, cells: Cells, n: number): void {
    const due = cells.due[n]!;
    if (!(due < cells.queued[n]!)) return;
    cells.queued[n] = due;
    this.#heap.push(due, orderOf(KIND.test, population, n));
  }

  /** Whether the neuron fires now. */
  #test(population: number, n: number, time: number): boolean {
    const cells = this.#cells[population]!;
    if (cells.queued[n] !== time) {
      this.#counts.stale++;
      return false;
    }
    cells.queued[n] = Number.POSITIVE_INFINITY;
    if (cells.due[n]! <= time && !cells.certain[n]) this.#sharpen(cells, n, time);
    if (cells.due[n]! <= time) return true;
    this.#queue(population, cells, n);
    return false;
  }

  #fire(population: number, n: number, time: number): void {
    const cells = this.#cells[population]!;
    this.#countSpike(cells, n, time);
    if (this.#recorder) this.#recorder.spike(population, n, time);
    else this.#columns[population]!.add(time, n);
    this.#digest.add(population, n, time);
    this.#touch(cells, n, time);
    this.#onSpike?.(cells, n, time);
    cells.reset(n);
    const { refractory } = cells.kind(n);
    if (refractory > 0) {
      cells.refractory[n] = 1;
      this.#heap.push(time + refractory, orderOf(KIND.recovery, population, n));
    }
    this.#send(cells.node, n, time);
  }
  #countSpike(cells: Cells, n: number, time: number): void {
    this.#counts.spikes++;
    const began = cells.burst[n]!;
    const again = time - began <= AT_ONCE; // not at first: there was none
    cells.repeats[n] = again ? cells.repeats[n]! + 1 : 1;
    if (!again) cells.burst[n] = time;
    if (cells.repeats[n]! <= MOST_AT_ONCE) return;
    const when = began === time ? `at ${time} s` : `within ${time - began} s, up to ${time} s`;
    const loop = began === time ? "a loop without delay" : "a loop of hardly any delay";
    throw new RunError(
      "out-of-range",
      `${cells.node}.spike`,
      `neuron ${n} has fired ${MOST_AT_ONCE} times ${when}, so the queue of events never empties: its reset leaves it above threshold, or ${loop} excites it; give it a refractory period, or the loop a delay`,
    );
  }
  #recover(population: number, n: number, time: number): void {
    const cells = this.#cells[population]!;
    this.#touch(cells, n, time);
    cells.refractory[n] = 0;
  }

  /** Spikes of a source set out on all its connections. */
  #send(node: string, element: number, time: number): void {
    for (const wire of this.#wires.get(node)!) {
      const from = wire.start[element]!;
      if (from === wire.start[element + 1]!) continue;
      const delay = typeof wire.delay === "number" ? wire.delay : wire.delay[from]!;
      this.#heap.push(time + delay, orderOf(KIND.arrival, wire.number, element), time, from);
    }
  }
  /** Synapses of one row and one delay; the row's next delay is an event of its own. */
  #arrive(wire: Wire, element: number, base: number, from: number, time: number): void {
    const { cells, target, weight, delay, jumps } = wire;
    const end = wire.start[element + 1]!;
    let k = from;
    for (; k < end; k++) {
      if (typeof delay !== "number" && delay[k] !== delay[from]) break;
      const n = target[k]!;
      this.#touch(cells, n, time);
      cells.receive(n, jumps[cells.kindNumber(n)]!, weight[k]!);
    }
    this.#counts.synapticEvents += k - from;
    const order = orderOf(KIND.arrival, wire.number, element);
    if (k < end) this.#heap.push(base + (delay as Float64Array)[k]!, order, base, k);
  }

  #pushInput(name: string, element: number, time: number): void {
    if (time < Number.POSITIVE_INFINITY)
      this.#heap.push(time, orderOf(KIND.input, this.#inputs.indexOf(name), element), 0, OWN);
  }
  #pushTrain(name: string): void {
    const train = this.#trains.get(name)!;
    if (train.done < train.times.length)
      this.#heap.push(
        train.times[train.done]!,
        orderOf(KIND.input, this.#inputs.indexOf(name), train.indices[train.done]!),
        0,
        GIVEN,
      );
  }
  #fireInput(input: number, element: number, origin: number, time: number): void {
    const name = this.#inputs[input]!;
    this.#counts.inputSpikes++;
    this.#send(name, element, time);
    if (origin === GIVEN) {
      this.#trains.get(name)!.done++;
      this.#pushTrain(name);
      return;
    }
    const drawn = this.#drawn.get(name)!;
    this.#pushInput(name, element, this.#sources.get(name)!(element, ++drawn[element]!, time));
  }
}

/** Of an input's spike: given by the host, or by its own source. */
const [GIVEN, OWN] = [0, 1];

function notFinite(cells: Cells, n: number, time: number): RunError {
  const name = cells.notFinite(n) ?? "the threshold";
  return new RunError("not-finite", `${cells.node}.${name}`, `neuron ${n} is no longer finite at ${time} s`);
}
