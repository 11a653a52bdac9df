/** A signal for everything that something reads: spikes and values of nodes, as they leave or as the host gives them. */
import { addsValues, type Connection, hasMatrix, isWindowed } from "../../model/connection.ts";
import type { Network } from "../../model/network.ts";
import type { Context } from "./context.ts";
import type { Selected } from "./delays.ts";
import { type Blocks, makeDelivery } from "./deliveryTables.ts";
import { drawnDelivery } from "./drawnDelivery.ts";
import type { Need } from "./needs.ts";
import type { ParameterLayout } from "./parameters.ts";
import type { Again } from "./procedural.ts";
import { InputSpikes, isListed, listKey, SparseInput, SpikeSignal, ValueSignal } from "./signals.ts";
import { type SynapseTables, synapseTables } from "./synapses.ts";

export interface Sources {
  readonly spikes: ReadonlyMap<string, SpikeSignal>;
  /** By `node.port`. */
  readonly values: ReadonlyMap<string, ValueSignal>;
  /** By `node@delay`. */
  readonly inputSpikes: ReadonlyMap<string, InputSpikes>;
  readonly sparseInputs: ReadonlyMap<string, SparseInput>;
  readonly parameters: ParameterLayout;
  readonly synapses: ReadonlyMap<string, SynapseTables>;
  /** Of each table of `delivery.ts`, by name. */
  readonly delivery: ReadonlyMap<string, Blocks>;
  /** By connection: of those in its tables whose rows are drawn again. */
  readonly again: ReadonlyMap<string, Again>;
}

export interface SourceOptions {
  /** Populations whose spikes are also wanted as rows of 0 and 1. */
  readonly spikeRows?: ReadonlySet<string>;
  /** Inputs of values that the host may give as lists or as rows (`forms.ts`). */
  readonly eitherForm?: ReadonlySet<string>;
  /** `node.port` of what is wanted of all steps of a sample at once, where time is cut into segments. */
  readonly allSteps?: ReadonlySet<string>;
}

/** @param selected synapses that are drawn already, by connection */
export function makeSources(
  context: Context,
  parameters: ParameterLayout,
  options: SourceOptions,
  selected: ReadonlyMap<string, Selected>,
): Sources {
  const made = new SourceMaker(context, options);
  for (const need of context.needs) made.make(need);
  for (const node of new Set([...(options.spikeRows ?? []), ...transformedSpikes(context.net)]))
    made.values.set(`${node}.spike`, made.rows(node, "spike"));
  // An engine shows the synapses of what is added as it is, too.
  const hasTables = (c: Connection): boolean =>
    !hasMatrix(c) &&
    !isWindowed(c) &&
    !context.delivery.delivered.has(c.name) &&
    !(context.options.mode === "samples" && addsValues(c));
  const sparse = context.net.connections.filter(hasTables);
  const delivery = makeDelivery(context);
  const synapses = new Map(sparse.map((c) => [c.name, synapseTables(c, context, parameters, selected.get(c.name))]));
  const { spikes, values, inputSpikes, sparseInputs } = made;
  const again = drawnDelivery(context);
  return { spikes, values, inputSpikes, sparseInputs, parameters, synapses, delivery, again };
}

/** Populations whose spikes a transform takes, as rows of 0 and 1. */
const transformedSpikes = ({ transforms }: Network): string[] =>
  Object.values(transforms).flatMap((t) => t.of.filter((e) => e.port === "spike").map((e) => e.node));

function getOrMake<V>(map: Map<string, V>, key: string, make: () => V): void {
  if (!map.has(key)) map.set(key, make());
}

class SourceMaker {
  readonly spikes = new Map<string, SpikeSignal>();
  readonly values = new Map<string, ValueSignal>();
  readonly inputSpikes = new Map<string, InputSpikes>();
  readonly sparseInputs = new Map<string, SparseInput>();
  readonly #c: Context;
  readonly #options: SourceOptions;

  constructor(context: Context, options: SourceOptions) {
    this.#c = context;
    this.#options = options;
  }

  make({ node, port, age }: Need): void {
    const c = this.#c;
    const input = c.net.inputs[node];
    if (input?.signal === "spikes")
      getOrMake(this.inputSpikes, `${node}@${age}`, () => new InputSpikes(c, node, age, this.#room(node)));
    else if (input && this.#options.eitherForm?.has(node)) {
      getOrMake(this.sparseInputs, node, () => new SparseInput(c, node));
      getOrMake(this.values, `${node}.${port}`, () => this.rows(node, port));
    } else if (isListed(port)) getOrMake(this.spikes, listKey(node, port), () => new SpikeSignal(c, node, port));
    else getOrMake(this.values, `${node}.${port}`, () => this.rows(node, port));
  }
  rows(node: string, port: string): ValueSignal {
    return new ValueSignal(this.#c, node, port, this.#options.allSteps?.has(`${node}.${port}`));
  }

  /** Memory that is never touched costs nothing, so lists have room for every input in every step. */
  #room(node: string): number {
    const c = this.#c;
    const samples = c.options.mode === "samples" ? c.batchRoom : c.options.samples;
    return samples * c.stepsStaged * c.size(node) + 4;
  }
}
