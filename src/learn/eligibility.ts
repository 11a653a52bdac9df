/**
 * What synapses carry from one segment of time to the next. Of a state whose course is the same for all targets each source
 * carries one number (a trace); of any other state, and of the readout's filter, each synapse one.
 */
import { invoke, type Node, type Place, padded, place, shifted } from "../ir/program.ts";
import type { Store } from "../ir/step.ts";
import type { Connection } from "../model/connection.ts";
import { elementCall } from "../sim/lower/bodies.ts";
import { overSamples, overSteps } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { ParameterBlock } from "../sim/lower/parameters.ts";
import { outer, stepOf, type Term, weighted } from "./lines.ts";
import { connectionGradients, type PortErrors } from "./weightGradients.ts";
import { GRADIENTS } from "./windowGradients.ts";

/** One number a synapse or source carries for a state of its target, or for a filter of the target's spikes. */
export interface Carried {
  readonly name: string;
  /** The adjoint of that state at the segment's start: a row over the targets. */
  readonly adjoint: Place;
  /** How what was carried for other states at the start becomes part of this at the end: rows over targets, or one number. */
  readonly transitions: readonly { readonly from: string; readonly place: Place; readonly uniform?: boolean }[];
  /** What arrives in a step, times this, becomes part of it at the end. */
  readonly errors: PortErrors["delta"];
}
/** What a population's synapses carry. Transitions of `shared` are numbers, and come from `shared` alone. */
export interface Forward {
  readonly shared: readonly Carried[];
  readonly own: readonly Carried[];
}

export class Eligibilities {
  readonly #l: Lowered;
  readonly #of: (c: Connection) => Forward;
  readonly #width: number;

  /** @param of what the synapses of a connection in training carry */
  constructor(l: Lowered, of: (c: Connection) => Forward) {
    this.#l = l;
    this.#of = of;
    this.#width = padded(1, l.context.type);
  }

  /** Names of the buffers that hold it. */
  get kept(): string[] {
    return this.#blocks().flatMap(({ block, forward }) => [
      ...forward.shared.map((a) => this.#trace(block, a.name).buffer),
      ...forward.own.map((a) => this.#eligibility(block, a.name).buffer),
    ]);
  }

  /** Of the sample at hand, before its first step: nothing has arrived. */
  begin(): Node[] {
    const zero = (out: Place, n: number): Node => invoke({ kind: "zero", type: this.#l.context.type }, { out }, { n });
    return this.#blocks().flatMap(({ block, forward }) => [
      ...forward.shared.map((a) => zero(this.#trace(block, a.name), block.rows * this.#width)),
      ...forward.own.map((a) => zero(this.#eligibility(block, a.name), block.rows * block.stride)),
    ]);
  }

  /** After a segment: its gradients from what was carried into it, and what is carried on. */
  forward(): Node[] {
    return this.#trained().flatMap(({ c, blocks, forward }) => [
      ...overSamples(
        this.#l.context,
        blocks.flatMap((b) => this.#spend(b, forward)),
      ),
      ...forward.own.flatMap((a) => this.#arrived(c, a, (b) => this.#eligibility(b, a.name))),
      ...overSamples(
        this.#l.context,
        blocks.flatMap((b) => this.#decay(b, forward)),
      ),
      ...forward.shared.flatMap((a) => this.#arrived(c, a, (b) => this.#trace(b, a.name))),
    ]);
  }

  /** In segments of one step, whose own errors meet what arrived up to it: traces first, then gradients. */
  traced(): Node[] {
    const { context } = this.#l;
    return this.#trained().flatMap(({ c, blocks, forward }) => [
      ...overSamples(
        context,
        blocks.flatMap((b) => this.#decay(b, forward)),
      ),
      ...forward.shared.flatMap((a) => this.#arrived(c, a, (b) => this.#trace(b, a.name))),
      ...overSamples(
        context,
        overSteps(
          context,
          blocks.flatMap((b) => this.#spend(b, forward)),
        ),
      ),
    ]);
  }

  #trained(): { c: Connection; blocks: ParameterBlock[]; forward: Forward }[] {
    const { net, parameters } = this.#l;
    return net.connections
      .filter((c) => c.trainable)
      .map((c) => ({
        c,
        blocks: [`${c.name}.weight`, `${c.name}.bias`].flatMap((name) => parameters.blocks.get(name) ?? []),
        forward: this.#of(c),
      }));
  }
  #blocks(): { block: ParameterBlock; forward: Forward }[] {
    return this.#trained().flatMap(({ blocks, forward }) => blocks.map((block) => ({ block, forward })));
  }
  /** One number a source, the first of a row as wide as a vector. */
  #trace(b: ParameterBlock, state: string): Place {
    return place(
      this.#l.context.buffer(`${b.name}.trace.${state}`, this.#l.context.type, b.rows * this.#width, "state"),
    );
  }
  #eligibility(b: ParameterBlock, state: string): Place {
    return place(
      this.#l.context.buffer(`${b.name}.eligibility.${state}`, this.#l.context.type, b.rows * b.stride, "state"),
    );
  }
  #gradient(b: ParameterBlock): Place {
    return shifted(place(GRADIENTS), b.offset);
  }

  /** Adjoints at the segment's start times what was carried there, to the gradients; and that as it is at the end. */
  #spend(b: ParameterBlock, { shared, own }: Forward): Node[] {
    const { type } = this.#l.context;
    const shape = { rows: b.rows, width: b.stride, apart: this.#width };
    const traced = (out: Place, from: string, row: Place): Node =>
      outer(type, { out, a: this.#trace(b, from), b: row }, shape);
    const isShared = (name: string): boolean => shared.some((s) => s.name === name);
    return [
      ...(own.length > 0 ? [this.#synapses(b, own, isShared)] : []),
      ...shared.map((a) => traced(this.#gradient(b), a.name, a.adjoint)),
      ...own.flatMap((a) =>
        a.transitions.filter((t) => isShared(t.from)).map((t) => traced(this.#eligibility(b, a.name), t.from, t.place)),
      ),
    ];
  }
  #synapses(b: ParameterBlock, own: readonly Carried[], isShared: (name: string) => boolean): Node {
    const { type } = this.#l.context;
    const places: Record<string, Place> = { gradient: this.#gradient(b) };
    const [post, uniform]: [string[], string[]] = [[], []];
    const slot = (name: string, at: Place, space: string[]): string => {
      places[name] = at;
      space.push(name);
      return name;
    };
    const eligibility = (name: string): string => `e.${name}`;
    for (const a of own) places[eligibility(a.name)] = this.#eligibility(b, a.name);
    const spent = own.map((a): Term => [slot(`adjoint.${a.name}`, a.adjoint, post), eligibility(a.name)]);
    const stores = own.map((a): Store => {
      const terms = a.transitions
        .filter((t) => !isShared(t.from))
        .map((t): Term => [slot(`${a.name}.from.${t.from}`, t.place, t.uniform ? uniform : post), eligibility(t.from)]);
      return { slot: eligibility(a.name), mode: "set", value: weighted(type, terms) };
    });
    const step = stepOf(
      `${b.name}.eligibility`,
      type,
      { synapse: ["gradient", ...own.map((a) => eligibility(a.name))], post, uniform },
      [{ slot: "gradient", mode: "add", value: weighted(type, spent) }, ...stores],
    );
    return invoke(
      { kind: "perSynapse", domain: "all", step, full: [b.rows, b.stride] },
      Object.fromEntries(step.slots.map((s) => [s.name, places[s.name]!])),
      { sources: b.rows, first: 0, n: b.stride },
    );
  }

  /** What arrived in the segment's steps. */
  #arrived(c: Connection, a: Carried, at: (b: ParameterBlock) => Place): Node[] {
    const out = (name: string): Place => at(this.#l.parameters.blocks.get(name)!);
    return connectionGradients(c, this.#l, { delta: a.errors, out });
  }
  /** Traces as they are at the segment's end, without what arrived in it. */
  #decay(b: ParameterBlock, { shared }: Forward): Node[] {
    if (shared.length === 0) return [];
    const { type } = this.#l.context;
    const places: Record<string, Place> = {};
    const uniform: string[] = [];
    const stores = shared.map((a): Store => {
      places[a.name] = this.#trace(b, a.name);
      const terms = a.transitions.map((t): Term => {
        const name = `${a.name}.from.${t.from}`;
        places[name] = t.place;
        uniform.push(name);
        return [name, t.from];
      });
      return { slot: a.name, mode: "set", value: weighted(type, terms) };
    });
    const step = stepOf(`${b.name}.trace`, type, { element: shared.map((a) => a.name), uniform }, stores);
    return [elementCall(step, places, b.rows * this.#width)];
  }
}
