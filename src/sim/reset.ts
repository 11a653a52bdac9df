/** From one sample to the next: neurons, traces and what is under way as before the first step; weights stay. */
import type { Elements, Executable } from "../backend/backend.ts";
import { listNames, ModelError } from "../base/errors.ts";
import { lastEvents } from "./longRuns.ts";
import type { Context } from "./lower/context.ts";
import { dueBuffers } from "./lower/deliveryTables.ts";
import { initialContents, trainedContents } from "./lower/initial.ts";
import type { Lowered } from "./lower/lower.ts";
import { partStarts } from "./lower/parts.ts";
import { keptBuffers } from "./lower/procedural.ts";
import type { SpikeSignal } from "./lower/signals.ts";

/** What a buffer begins with: one number, or one each. */
type Start = number | Float64Array;

/** Brings an engine's buffers back. What it takes from the network is worked out once. */
export class Reset {
  readonly #l: Lowered;
  /** By buffer: of states and of what left by value, and of variables of synapses. */
  readonly #starts: ReadonlyMap<string, Start>;
  readonly #rings: readonly string[];

  constructor(lowered: Lowered) {
    this.#l = lowered;
    this.#starts = new Map([...ofNeurons(lowered), ...ofSynapses(lowered)]);
    this.#rings = lowered.context.delivery.rings.map((r) => r.name);
  }

  /** @throws {ModelError} `unknown-name` for a name in `keep` that is no state of a neuron or a synapse */
  run(x: Executable, step: number, keep: readonly string[]): void {
    const wrong = keep.find((name) => !this.#starts.has(name));
    if (wrong !== undefined)
      throw new ModelError(
        "unknown-name",
        "reset.keep",
        `no state '${wrong}'; known: ${listNames([...this.#starts.keys()].filter((name) => !name.includes(".out.")))}`,
      );
    const trained = trainedContents(this.#l, x.array("parameters"));
    for (const [buffer, start] of this.#starts) if (!keep.includes(buffer)) write(x.array(buffer), start);
    for (const [buffer, start] of trained) if (!keep.includes(buffer)) write(x.array(buffer), start);
    for (const buffer of lastEvents(this.#l)) x.array(buffer).fill(step % 2 ** 32);
    for (const ring of this.#rings) x.array(ring).fill(0);
    for (const { buffer } of dueBuffers(this.#l.context)) x.array(buffer).fill(0);
    for (const buffer of keptBuffers(this.#l)) x.array(buffer).fill(0);
    for (const signal of this.#l.sources.spikes.values()) emptyLists(x.array(signal.counts), signal, this.#l.context);
  }
}
function write(to: Elements, start: Start): void {
  if (typeof start === "number") to.fill(start);
  else to.set(start);
}

function ofNeurons({ populations, sources, net, context }: Lowered): Map<string, Start> {
  const out = new Map<string, Start>();
  for (const { states } of populations.values()) for (const { buffer } of states) out.set(buffer, 0);
  for (const signal of sources.values.values())
    if (!signal.constant && !(signal.node in net.transforms)) out.set(signal.name, 0);
  for (const [buffer, start] of initialContents(populations.values(), sources, context)) out.set(buffer, start);
  return out;
}

/** Of connections that were taken apart by delay the parts are what they are called here. */
function ofSynapses({ net, context }: Lowered): Map<string, Start> {
  const out = new Map<string, Start>();
  for (const { name, synapse } of net.connections)
    for (const [variable, value] of Object.entries(synapse?.variables ?? {})) {
      const buffer = context.buffers.get(`${name}.${variable}`);
      if (buffer?.role === "state") out.set(buffer.name, value);
    }
  return out;
}

function emptyLists(ends: Elements, signal: SpikeSignal, context: Context): void {
  if (context.parts === 1) {
    ends.fill(0);
    return;
  }
  const starts = partStarts(context.size(signal.node), context.parts);
  for (let row = 0; row < context.options.samples * signal.rows; row++)
    for (let p = 0; p < context.parts; p++) ends[signal.endAt(row, p)] = starts[p]!;
}
