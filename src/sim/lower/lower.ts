/**
 * Network to program. Components of the network follow one another (each is a time loop of its own); inside a
 * component time comes first, because what leaves a node comes back to it.
 */
import { along, invoke, type Node, place, type Program, type Region } from "../../ir/program.ts";
import { ModelError } from "../../base/errors.ts";
import { expand } from "../../ir/expand.ts";
import { simplify } from "../../ir/simplify.ts";
import { type Connection } from "../../model/connection.ts";
import { type Network } from "../../model/network.ts";
import { components } from "../../model/topology.ts";
import { copyStep, elementCall } from "./bodies.ts";
import { Context, type LowerOptions } from "./context.ts";
import { overSamples, overSteps, type PortSum, portSum, type Sources } from "./contributions.ts";
import { type ParameterLayout, parameterLayout } from "./parameters.ts";
import { pathwayNodes } from "./pathways.ts";
import { type Emission, type Kernel, type PopulationKernels, populationKernels } from "./populations.ts";
import { InputSpikes, SparseInput, SpikeSignal, ValueSignal } from "./signals.ts";
import { type SynapseTables, synapseTables } from "./synapses.ts";
import { transformNodes } from "./transforms.ts";

/** A network with every address fixed: what the engine runs, and what learning derives the backward pass from. */
export interface Lowered {
  readonly net: Network;
  readonly context: Context;
  readonly sources: Sources;
  readonly parameters: ParameterLayout;
  readonly components: readonly (readonly string[])[];
  readonly populations: ReadonlyMap<string, PopulationKernels>;
  /** By `node.port`. */
  readonly sums: ReadonlyMap<string, PortSum>;
  /** Node lists of the forward pass, one a component. */
  readonly forward: readonly Component[];
}
export interface Component {
  readonly nodes: readonly string[];
  /** Once a chunk, before the samples. */
  readonly chunk: readonly Node[];
  /** For each sample. */
  readonly sample: readonly Node[];
  /** For all samples, after the others. */
  readonly after: readonly Node[];
}

/** What learning changes in the forward pass. */
export interface LowerHooks {
  /** What a population leaves behind. */
  emission?(node: string, plain: Emission): Emission;
  /** Replaces a population's kernel. */
  kernel?(node: string, kernel: Kernel, context: Context): Kernel;
  /** Nodes before the time loop of each sample of a population. */
  beforeSample?(node: string, context: Context): readonly Node[];
  /** Populations whose spikes are also wanted as rows of 0 and 1. */
  readonly spikeRows?: ReadonlySet<string>;
  /** Inputs given as lists of non-zero values. */
  readonly sparseInputs?: ReadonlySet<string>;
}

export function lower(net: Network, options: LowerOptions, hooks: LowerHooks = {}): Lowered {
  const context = new Context(net, options);
  const order = components(net).filter((nodes) => !nodes.every((n) => n in net.inputs));
  const parameters = parameterLayout(net, options.type);
  context.buffer("parameters", options.type, parameters.length, "parameter");
  const sources = makeSources(context, parameters, hooks);
  const sums = new Map<string, PortSum>();
  const populations = new Map<string, PopulationKernels>();
  for (const nodes of order)
    for (const node of nodes) {
      const p = net.populations[node];
      if (!p) continue;
      const own = ownSums(node, nodes, context, sources);
      for (const sum of own.values()) sums.set(`${node}.${sum.port}`, sum);
      const plain = plainEmission(node, context, sources);
      const made = populationKernels(node, p, own, hooks.emission?.(node, plain) ?? plain, context, sources);
      populations.set(node, { ...made, kernels: made.kernels.map((k) => expanded(hooks.kernel?.(node, k, context) ?? k)) });
    }
  const partial = { net, context, sources, parameters, components: order, populations, sums };
  return { ...partial, forward: order.map((nodes) => component(nodes, partial, hooks)) };
}

const expanded = ({ step, args }: Kernel): Kernel => ({ step: simplify(expand(step)), args });

/** Ports of a node at which something arrives, each with its sum. */
function ownSums(node: string, nodes: readonly string[], context: Context, sources: Sources): Map<string, PortSum> {
  const incoming = context.net.connections.filter((c) => c.to.node === node);
  const late = new Set(incoming.filter((c) => nodes.includes(c.from.node) || context.net.schedule.groups.length > 1 && c.from.port === "spike" && !(c.from.node in context.net.inputs)).map((c) => c.name));
  const ports = [...new Set(incoming.map((c) => c.to.port))];
  return new Map(ports.map((port) => [port, portSum(node, port, incoming.filter((c) => c.to.port === port), late, context, sources)]));
}

function plainEmission(node: string, c: Context, sources: Sources): Emission {
  const values = [...sources.values.keys()].filter((k) => k.startsWith(`${node}.`)).map((k) => k.slice(node.length + 1));
  return { spikes: sources.spikes.has(node), values };
}

function makeSources(context: Context, parameters: ParameterLayout, hooks: LowerHooks): Sources {
  const { net, options } = context;
  const spikes = new Map<string, SpikeSignal>();
  const values = new Map<string, ValueSignal>();
  const inputSpikes = new Map<string, InputSpikes>();
  const sparseInputs = new Map<string, SparseInput>();
  const synapses = new Map<string, SynapseTables>();
  // Memory that is never touched costs nothing, so lists have room for every input in every step.
  const trials = options.mode === "samples" ? context.chunks * options.samples : options.samples;
  const room = (node: string, steps: number): number => trials * steps * net.inputs[node]!.size + 4;
  const need = (node: string, port: string, delay: number): void => {
    const input = net.inputs[node];
    if (input?.signal === "spikes") inputSpikes.set(`${node}@${delay}`, inputSpikes.get(`${node}@${delay}`) ?? new InputSpikes(context, node, delay, room(node, options.steps)));
    else if (input && hooks.sparseInputs?.has(node)) sparseInputs.set(node, sparseInputs.get(node) ?? new SparseInput(context, node, room(node, 1)));
    else if (input) values.set(`${node}.${port}`, values.get(`${node}.${port}`) ?? new ValueSignal(context, node, port, input.constant, "argument"));
    else if (port === "spike") spikes.set(node, spikes.get(node) ?? new SpikeSignal(context, node));
    else values.set(`${node}.${port}`, values.get(`${node}.${port}`) ?? new ValueSignal(context, node, port, false));
  };
  for (const c of net.connections) {
    need(c.from.node, c.from.port, context.delayOf(c));
    for (const p of c.synapse?.pathways ?? []) if (p.trigger === "pre") need(c.from.node, c.from.port, context.delayOf(c) + p.delay);
    if (c.synapse?.pathways.some((p) => p.trigger === "post")) need(c.to.node, "spike", 0);
    if (c.connectivity.kind !== "dense" || c.synapse) synapses.set(c.name, synapseTables(c, context));
  }
  for (const t of Object.values(net.transforms)) for (const e of t.of) need(e.node, e.port, 0);
  for (const name of Object.keys(net.transforms)) need(name, "value", 0);
  for (const recorded of options.record) {
    const [node, port] = recorded.split(".") as [string, string];
    need(node, port, 0);
  }
  for (const node of hooks.spikeRows ?? []) values.set(`${node}.spike`, new ValueSignal(context, node, "spike", false));
  return { spikes, values, inputSpikes, sparseInputs, parameters, synapses };
}

type Partial = Omit<Lowered, "forward">;

function component(nodes: readonly string[], l: Partial, hooks: LowerHooks): Component {
  const { context, net } = l;
  const members = nodes.filter((n) => n in net.populations);
  const mine = members.flatMap((n) => [...l.sums.entries()].filter(([key]) => key.startsWith(`${n}.`)).map(([, sum]) => sum));
  const statistics = nodes.filter((n) => net.transforms[n]?.kind === "batchNorm");
  if (statistics.length > 0 && nodes.length > 1) throw new ModelError("unsupported", `transform ${statistics[0]}`, "batch normalisation needs all steps at once, and so cannot lie in a cycle");
  const initial = context.options.mode === "samples" ? members.flatMap((n) => initialise(n, l)) : [];
  return {
    nodes,
    chunk: mine.flatMap((s) => s.chunk),
    sample: [
      ...mine.flatMap((s) => s.sample),
      ...initial,
      ...members.flatMap((n) => hooks.beforeSample?.(n, context) ?? []),
      ...overSteps(context, mine.flatMap((s) => s.step)),
      ...overSteps(context, statistics.length > 0 ? [] : timeStep(nodes, l)),
    ],
    after: statistics.flatMap((n) => transformNodes(n, net.transforms[n]!, l)),
  };
}

/** Sets states to where a sample starts. */
function initialise(node: string, { context, populations }: Partial): Node[] {
  const stride = context.stride(node);
  return populations.get(node)!.states.map(({ name, buffer, initial }) => {
    const { type } = context.buffers.get(buffer)!;
    const out = place(buffer, 0, along("s", stride));
    if (initial.every((x) => x === 0)) return invoke({ kind: "zero", type }, { out }, { n: stride });
    const x = place(context.constant(`${node}.${name}.initial`, initial, type));
    return invoke({ kind: "perElement", step: copyStep(type) }, { x, out }, { n: initial.length });
  });
}

/** One step of a component: populations in turn with all their phases, or phase group by phase group. */
function timeStep(nodes: readonly string[], l: Partial): Node[] {
  const groups = l.net.schedule.groups.length;
  const call = (node: string, k: number): Node[] => {
    const kernel = l.populations.get(node)?.kernels[k];
    return kernel ? [elementCall(kernel.step, kernel.args, l.context.size(node))] : [];
  };
  const sums = (node: string): Node[] => [...l.sums.entries()].filter(([key]) => key.startsWith(`${node}.`)).flatMap(([, s]) => s.loop);
  const into = (node: string): Connection[] => l.net.connections.filter((c) => c.to.node === node && c.synapse);
  const transform = (node: string): Node[] => (node in l.net.transforms ? transformNodes(node, l.net.transforms[node]!, l) : []);
  const triggered = (node: string, post: boolean): Node[] => into(node).flatMap((c) => pathwayNodes(c, post, l));
  if (groups === 1)
    return nodes.flatMap((n) => [...transform(n), ...sums(n), ...triggered(n, false), ...call(n, 0), ...triggered(n, true)]);
  return [
    ...nodes.flatMap((n) => [...transform(n), ...call(n, 0)]),
    ...nodes.flatMap((n) => [...sums(n), ...triggered(n, false), ...triggered(n, true)]),
    ...nodes.flatMap((n) => call(n, 1)),
  ];
}

/** The forward pass of all components over the samples at hand. */
export const forwardNodes = (l: Lowered): Node[] => l.forward.flatMap((c) => [...c.chunk, ...overSamples(l.context, c.sample), ...c.after]);

export function programOf(name: string, l: Lowered, regions: readonly Region[]): Program {
  return { name, buffers: [...l.context.buffers.values()], regions: [...regions, { name: "prepare", body: [...l.populations.values()].flatMap((p) => p.prepare) }] };
}
