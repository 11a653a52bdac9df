/** One of two runs that are compared: an engine, driven piece by piece, that can go back. */
import type { Elements } from "../../backend/backend.ts";
import type { Engine } from "../engine.ts";
import type { Inputs } from "../feed.ts";
import { type Hook, inSteps, type SteppedHook } from "../hooks.ts";
import { type ParameterBlock, readBlock } from "../lower/parameters.ts";
import type { Recording } from "../recording.ts";
import type { Snapshot } from "../snapshot.ts";
import { type Column, digestOf, storedAs } from "./column.ts";

/** What a side is made of beside its engine. */
export interface SideOptions {
  /** Inputs of `count` steps from step `from` on, whose events count from there. Silent by default. */
  readonly inputs?: (from: number, count: number) => Inputs;
  /** Steps count from the engine's first step. */
  readonly hooks?: readonly Hook[];
}

export interface ParameterArray {
  readonly block: ParameterBlock;
  readonly values: Float32Array | Float64Array;
}

/** A clocked run. */
export class ClockedSide {
  readonly engine: Engine;
  readonly #inputs: NonNullable<SideOptions["inputs"]>;
  readonly #hooks: readonly SteppedHook[];
  readonly #start: number;

  constructor(engine: Engine, { inputs = () => ({}), hooks = [] }: SideOptions = {}) {
    [this.engine, this.#inputs, this.#start] = [engine, inputs, engine.stepsDone];
    this.#hooks = inSteps(hooks, engine.lowered.context.net);
  }

  /** Steps done, from 0. */
  get done(): number {
    return this.engine.stepsDone - this.#start;
  }
  /** Goes on by so many steps, with the inputs and hooks that belong to them. */
  advance(count: number): Recording {
    const { done } = this;
    const hooks = this.#hooks.map((h) => ({ ...h, from: nextCall(h, done) }));
    return this.engine.run(count, this.#inputs(done, count), { hooks });
  }
  /** All that changes, to go back to. */
  snapshot(): Snapshot {
    return this.engine.snapshot();
  }
  /** Goes back to where a snapshot was taken. */
  restore(snapshot: Snapshot): void {
    this.engine.restore(snapshot);
  }

  /** Variables of populations, in the order of the network and of its models. Views: they change when the side moves on. */
  columns(): Column[] {
    const { populations, context } = this.engine.lowered;
    const { samples } = context.options;
    return [...populations.values()].flatMap(({ node, states }) =>
      states.map(({ name, buffer }): Column => {
        const values = withoutPadding(this.engine.state(buffer), samples, context.size(node), context.stride(node));
        return {
          ...{ population: node, variable: name, stored: storedAs(values), values },
          digest: () => digestOf(values),
        };
      }),
    );
  }

  /** Arrays that training may change: weights of dense connections, biases, parameters of neurons. Copies, by name. */
  parameters(): ParameterArray[] {
    const all = this.engine.snapshot().buffers.get("parameters")!;
    const { blocks } = this.engine.lowered.parameters;
    return [...blocks.values()].map((block) => {
      const values =
        all instanceof Float32Array
          ? new Float32Array(block.rows * block.width)
          : new Float64Array(block.rows * block.width);
      readBlock(all as ArrayLike<number>, block, values);
      return { block, values };
    });
  }

  /** What synapses of a connection are and hold: those with rows of synapses, which differ or change. */
  synapses(connection: string): Readonly<Record<string, Elements>> {
    const views = Object.entries(this.engine.synapses(connection));
    if (this.engine.lowered.context.type === "f64") return Object.fromEntries(views);
    return Object.fromEntries(views.map(([name, values]) => [name, narrowed(values)]));
  }
  /** Names of connections with rows of synapses. */
  get sparse(): string[] {
    const { sources, delayGroups } = this.engine.lowered;
    return this.engine.network.connections
      .map((c) => c.name)
      .filter((name) => sources.synapses.has(name) || delayGroups.has(name));
  }
  /** Of those, the ones whose synapses change while the network runs. */
  get plastic(): string[] {
    const { network } = this.engine;
    return this.sparse.filter((name) => network.connections.find((c) => c.name === name)!.synapse !== undefined);
  }
}

/** Numbers of f32 come as f64 where they are copies: those that are as f32 has them are shown so. */
function narrowed(values: Elements): Elements {
  if (!(values instanceof Float64Array)) return values;
  const narrow = new Float32Array(values);
  return narrow.every((x, k) => Object.is(x, values[k])) ? narrow : values;
}

/** Steps from `done` on until a hook is called. */
const nextCall = ({ every, from }: SteppedHook, done: number): number =>
  done <= from ? from - done : (every - ((done - from) % every)) % every;

/** Of one trial a view, of several a copy. */
function withoutPadding(values: Elements, samples: number, size: number, stride: number): Elements {
  if (samples === 1) return values.subarray(0, size);
  const out = values.slice(0, samples * size);
  for (let s = 0; s < samples; s++) out.set(values.subarray(s * stride, s * stride + size) as never, s * size);
  return out;
}
