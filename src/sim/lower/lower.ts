/**
 * Network to program. Components of the network follow one another (each is a time loop of its own); inside a
 * component time comes first, because what leaves a node comes back to it.
 */
import { expand } from "../../ir/expand.ts";
import { withCopies } from "../../ir/parallel.ts";
import type { Node, Program, Region } from "../../ir/program.ts";
import { simplify } from "../../ir/simplify.ts";
import type { Connection } from "../../model/connection.ts";
import type { Network } from "../../model/network.ts";
import { actsOf, writtenBy } from "../../model/synapse.ts";
import { components } from "../../model/topology.ts";
import { isNorm } from "../../model/transform.ts";
import { type Component, componentOf, type Parted } from "./component.ts";
import { Context, type LowerOptions } from "./context.ts";
import { overSamples, type PortSum, portSum } from "./contributions.ts";
import { countsApart } from "./countsApart.ts";
import { type Apart, type DelayGroup, delaysApart } from "./delays.ts";
import { arrivalsOf } from "./direct.ts";
import type { Emission } from "./emission.ts";
import { initialContents } from "./initial.ts";
import { NormKernels } from "./norms.ts";
import { type ParameterLayout, parameterLayout, TAPS } from "./parameters.ts";
import { type Kernel, type PopulationKernels, populationKernels } from "./populations.ts";
import { makeSources, type SourceOptions, type Sources } from "./sources.ts";
import { StepNorm } from "./stepNorms.ts";
import { tapNodes } from "./taps.ts";

/** A network with every address fixed: what the engine runs, and what learning derives the backward pass from. */
export interface Lowered {
  /** Each of its connections has one delay. */
  readonly net: Network;
  /** Connections that were taken apart for that, by name. */
  readonly delayGroups: ReadonlyMap<string, readonly DelayGroup[]>;
  /** The network as it was described. */
  readonly described: Network;
  /** Connections whose delays learn, as the network has them. */
  readonly learned: readonly Connection[];
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

/** What learning changes in the forward pass. */
export interface LowerHooks extends SourceOptions {
  /** What a population leaves behind. */
  emission?(node: string, plain: Emission): Emission;
  /** Replaces a population's kernel. */
  kernel?(node: string, kernel: Kernel, context: Context): Kernel;
  /** Nodes before the time loop of each sample of a population. */
  beforeSample?(node: string, context: Context): readonly Node[];
}

/** @throws {ModelError} what only the whole network shows: `shape-mismatch` of weights, `unsupported`, names in pathways */
export function lower(net: Network, options: LowerOptions, hooks: LowerHooks = {}): Lowered {
  const apart = delaysApart(net, options);
  const { type, seed, mode } = options;
  const parameters = parameterLayout(net, type, {
    seed,
    synapses: mode === "samples",
    groups: apart.groups,
    taps: apart.taps,
  });
  return {
    ...lowerApart(apart, parameters, options, hooks),
    described: net,
    delayGroups: apart.groups,
    learned: net.connections.filter((c) => apart.taps.has(c.name)),
  };
}

function lowerApart(
  { net, selected }: Apart,
  parameters: ParameterLayout,
  options: LowerOptions,
  hooks: LowerHooks,
): Omit<Lowered, "delayGroups" | "learned" | "described"> {
  const context = new Context(net, options);
  if (parameters.tapsLength > 0) context.buffer(TAPS, options.type, parameters.tapsLength, "work");
  const order = components(net).filter((nodes) => !nodes.every((n) => n in net.inputs));
  context.buffer("parameters", options.type, parameters.length, "parameter");
  const sources = makeSources(context, parameters, hooks, selected);
  const sums = new Map<string, PortSum>();
  const populations = new Map<string, PopulationKernels>();
  for (const nodes of order)
    for (const node of nodes.filter((n) => !(n in net.inputs))) {
      const own = ownSums(node, nodes, context, sources);
      for (const sum of own.values()) sums.set(`${node}.${sum.port}`, sum);
      if (node in net.populations) populations.set(node, kernelsOf(node, own, context, sources, hooks));
    }
  for (const [buffer, start] of initialContents(populations.values(), sources, context))
    context.contents.set(buffer, start);
  const partial = { net, context, sources, parameters, components: order, populations, sums };
  return { ...partial, forward: order.map((nodes) => componentOf(nodes, partial, hooks)) };
}

/** Ports of a node at which something arrives, each with its sum. */
function ownSums(node: string, component: readonly string[], c: Context, sources: Sources): Map<string, PortSum> {
  const incoming = c.net.connections.filter((x) => x.to.node === node || summedBack(x, node, c.net).length > 0);
  const late = new Set(incoming.filter((x) => component.includes(x.from.node)).map((x) => x.name));
  const heard = new Map(
    incoming.map((x) => [x, [...(x.to.node === node ? arrivalsOf(x, c) : []), ...summedBack(x, node, c.net)]]),
  );
  const ports = [...new Set([...heard.values()].flat())];
  const sum = (port: string): PortSum => {
    const mine = incoming.filter((x) => heard.get(x)!.includes(port));
    return portSum(node, port, mine, late, c, sources);
  };
  return new Map(ports.map((port) => [port, sum(port)]));
}

/** Ports of a node into which synapses that begin there add up. */
function summedBack({ from, synapse }: Connection, node: string, { populations }: Network): string[] {
  if (from.node !== node || !synapse) return [];
  const known = new Set(populations[node]?.model.inputs.map((i) => i.name)); // others are refused where they are written
  return actsOf(synapse)
    .flatMap((a) => (a.kind === "summed" ? writtenBy(synapse, a, "pre") : []))
    .filter((port) => known.has(port));
}

function kernelsOf(
  node: string,
  sums: ReadonlyMap<string, PortSum>,
  c: Context,
  sources: Sources,
  hooks: LowerHooks,
): PopulationKernels {
  const plain = plainEmission(node, sources);
  const emission = hooks.emission?.(node, plain) ?? plain;
  const made = populationKernels(node, c.net.populations[node]!, sums, emission, c, sources);
  return { ...made, kernels: made.kernels.map((k) => finished(hooks.kernel?.(node, k, c) ?? k, node, c)) };
}
function finished(k: Kernel, node: string, c: Context): Kernel {
  const apart = k.onSpike ? k : countsApart(k, node, c);
  return { ...apart, step: simplify(expand(apart.step)) };
}

function plainEmission(node: string, sources: Sources): Emission {
  const values = [...sources.values.keys()]
    .filter((k) => k.startsWith(`${node}.`))
    .map((k) => k.slice(node.length + 1));
  const events = [...sources.spikes.keys()]
    .filter((k) => k.startsWith(`${node}.`))
    .map((k) => k.slice(node.length + 1));
  return { spikes: sources.spikes.has(node), events, values };
}

/**
 * The forward pass of all components over the samples at hand, and what follows it. Each sample goes all the way before the
 * next begins, because what it leaves behind is then still in the cache.
 *
 * @param then for each sample
 */
export function forwardNodes({ context, forward }: Lowered, then: readonly Node[] = []): Node[] {
  const wide = forward.find((c) => c.wide);
  if (wide)
    throw new Error(`${wide.nodes.join(", ")}: needs the whole batch, and the samples at hand are a chunk of it`);
  return chunkNodes(context, forward, then);
}
function chunkNodes(context: Context, components: readonly Component[], then: readonly Node[]): Node[] {
  const both = ({ once, steps }: Parted): readonly Node[] => [...once, ...steps];
  const whole = (c: Component): readonly Node[] => [...c.start, ...both(c.sample)];
  const given = components.flatMap((c) => both(c.given));
  const chunk = components.flatMap((c) => c.chunk);
  return [...chunk, ...overSamples(context, given), ...overSamples(context, [...components.flatMap(whole), ...then])];
}

/** A stretch of the work that all samples must have done before any of them goes on. */
export interface Stage {
  /** Once a shard, for the chunk that it has. */
  readonly chunk: readonly Node[];
  /** When all shards are done. */
  readonly meet: readonly Node[];
}
/** Whether a network must be worked through in stages, where statistics are those of the batch. */
export const needsStages = ({ transforms }: Network): boolean => Object.values(transforms).some(isNorm);
/**
 * The forward pass in stages: a component that needs the whole batch begins one.
 * @param then for each sample, in the last stage
 */
export function forwardStages({ context, forward }: Lowered, then: readonly Node[]): Stage[] {
  const starts = [0, ...forward.flatMap((c, k) => (c.wide && k > 0 ? [k] : []))];
  const first = forward[0]?.wide;
  const before: Stage[] = first ? [{ chunk: overSamples(context, first.notes), meet: first.meet }] : [];
  return [
    ...before,
    ...starts.map((from, k): Stage => {
      const next = forward[starts[k + 1] ?? -1]?.wide;
      const own = forward.slice(from, starts[k + 1]);
      return { chunk: chunkNodes(context, own, next?.notes ?? then), meet: next?.meet ?? [] };
    }),
  ];
}

const prepareNodes = (l: Lowered): Node[] => [
  ...[...l.populations.values()].flatMap((p) => p.prepare),
  ...normsOf(l).flatMap((n) => n.prepare()),
  ...l.learned.flatMap((c) => tapNodes(c, l)),
];
/** Batch normalisation of a lowered network, and that whose statistics meet within a step. */
export const normsOf = (l: Lowered): NormKernels[] =>
  Object.entries(l.net.transforms).flatMap(([name, t]) => (isNorm(t) ? [new NormKernels(name, t, l)] : []));
export const stepNormsOf = (l: Lowered): StepNorm[] =>
  Object.entries(l.net.transforms).flatMap(([name, t]) =>
    isNorm(t) && l.context.meetsInStep(name) ? [new StepNorm(name, t, l)] : [],
  );
/** What depends on parameters in training, computed again. */
export const renewNodes = (l: Lowered): Node[] => [
  ...[...l.populations.values()]
    .filter((p) => p.kernels.some((k) => k.trained.names.length > 0))
    .flatMap((p) => p.prepare),
  ...l.learned.flatMap((c) => tapNodes(c, l)),
];

/**
 * A program of these regions and `prepare`, which runs when parameters have been written.
 * @param change what is done to it before shards are given their copies
 */
export function programOf(
  name: string,
  l: Lowered,
  regions: readonly Region[],
  change: (program: Program) => Program = (program) => program,
): Program {
  const prepare = { name: "prepare", body: prepareNodes(l) };
  return withCopies(change({ name, buffers: [...l.context.buffers.values()], regions: [...regions, prepare] }));
}
