/** A population's step as a kernel: from its model's equations to a simplified step and the places of its slots. */
import { ModelError } from "../../base/errors.ts";
import { streamOf } from "../../base/random.ts";
import { expand } from "../../ir/expand.ts";
import { constant } from "../../ir/expr.ts";
import { type Invoke, type Node, type Place, place } from "../../ir/program.ts";
import { readsOf, type Step, type Store } from "../../ir/step.ts";
import type { FloatType, Type } from "../../ir/types.ts";
import type { VariableType } from "../../model/equations/parseEquations.ts";
import { initialise } from "../../model/initializer.ts";
import type { Population } from "../../model/network.ts";
import { requireRange } from "../../model/range.ts";
import type { Phase, Schedule } from "../../model/schedule.ts";
import { REFRACTORY, SPIKE } from "../../model/slots.ts";
import { type NeuronStep, neuronStep } from "../../model/step.ts";
import type { Context } from "./context.ts";
import type { PortSum } from "./contributions.ts";
import { type Emission, emissionSlots, emissionStores } from "./emission.ts";
import { type Fixed, foldCalls, takeOut } from "./fixed.ts";
import { onSpike, withoutFlag } from "./onSpike.ts";
import { placesOf, statePlace } from "./places.ts";
import type { Sources } from "./sources.ts";
import { type TrainedSlots, type TrainedStart, trainedPlace, trainedSlots, trainedStart } from "./trained.ts";

/** One kernel call of a population; functions and draws in its step are expanded last, so that it can be differentiated. */
export interface Kernel {
  readonly step: Step;
  readonly args: Readonly<Record<string, Place>>;
  /** What is drawn for it before, by kernels of their own. */
  readonly draws?: readonly Invoke[];
  readonly trained: TrainedSlots;
  /** Whether it is run for the neurons that fired in this step alone. */
  readonly onSpike: boolean;
}

/** A state variable, with its value of every neuron before the first step. */
export interface StateBuffer {
  readonly name: string;
  readonly buffer: string;
  readonly initial: Float64Array;
  /** Where that value trains, it lies among the parameters. */
  readonly trained?: TrainedStart;
}

export interface PopulationKernels {
  readonly node: string;
  /** One for each group of phases. */
  readonly kernels: readonly Kernel[];
  readonly states: readonly StateBuffer[];
  /** Computes what depends on parameters alone; runs when they have changed. */
  readonly prepare: readonly Node[];
}

export function populationKernels(
  node: string,
  p: Population,
  sums: ReadonlyMap<string, PortSum>,
  emission: Emission,
  context: Context,
  sources: Sources,
): PopulationKernels {
  const { constants, perNeuron, fixed: places, trained } = parametersOf(node, p, context, sources);
  const contested = p.winners !== undefined;
  if (contested && emission.training)
    throw new ModelError(
      "unsupported",
      `${node}.winners`,
      "a competition has no derivative: it cannot be trained through",
    );
  const { type, net } = context;
  const groups = contested ? groupsOfContest(net.schedule) : net.schedule.groups;
  const own = {
    type,
    dt: net.dt,
    connected: received(sums),
    constants,
    perNeuron,
    firstStream: streamOf(node),
    count: p.size,
    contested,
  };
  const steps = groups.map((phases) => neuronStep(p.model, { ...own, phases }));
  const cleared = ringsCleared(
    steps.map((s) => s.step),
    sums,
    type,
  );
  const fixed = groups.map((_, k): Fixed => {
    const last = k === groups.length - 1;
    const name = groups.length > 1 ? `${node}.${k}` : node;
    const whole = wholeStep(name, steps[k]!, emission, { number: k, last, contested, cleared: cleared[k]! }, context);
    return takeOut(foldCalls(whole), node, `${node}.${k}`, places, context);
  });
  const parts = sparseGroups(
    fixed.map((f) => f.step),
    context.options.mode === "stream" && sources.spikes.has(node),
  );
  const states = statesOf(
    node,
    p,
    parts.map((part) => part.step),
    context,
    sources,
  );
  const surroundings = { context, sources, sums };
  const kernels = fixed.map((f, k): Kernel => {
    const { step, onSpike } = parts[k]!;
    const args = { ...f.args, ...placesOf(node, expand(step), new Set(Object.keys(f.args)), surroundings) };
    return { step, args, trained: trainedSlots(f, trained, places), onSpike };
  });
  return { node, kernels, states, prepare: fixed.flatMap((f) => f.prepare) };
}

/** Phases until it is known who is above threshold, and those after it. */
function groupsOfContest({ groups }: Schedule): readonly (readonly Phase[])[] {
  if (groups.length > 1) return groups;
  const [phases] = groups as [readonly Phase[]];
  const split = phases.indexOf("threshold") + 1;
  return [phases.slice(0, split), phases.slice(split)];
}

/** Ports whose sums the steps read. */
const received = (sums: ReadonlyMap<string, PortSum>): Set<string> =>
  new Set([...sums].filter(([, s]) => !s.direct).map(([port]) => port));

/** Later groups that do nothing unless the neuron fires; where all are such, the first need not note who did. */
function sparseGroups(steps: readonly Step[], listed: boolean): { step: Step; onSpike: boolean }[] {
  const [first, ...later] = steps as [Step, ...Step[]];
  const groups = later.map((step) => {
    const fired = listed ? onSpike(step) : undefined;
    return { step: fired ?? step, onSpike: fired !== undefined };
  });
  const noted = groups.some((g) => readsOf(g.step).has(SPIKE));
  return [{ step: noted || later.length === 0 ? first : withoutFlag(first), onSpike: false }, ...groups];
}

/** Of each group of phases, which sums it makes zero: those that lie in a ring and that no later group reads. */
function ringsCleared(steps: readonly Step[], sums: ReadonlyMap<string, PortSum>, type: FloatType): Store[][] {
  const rings = [...sums.values()].filter((s) => s.ring).map((s) => `in.${s.port}`);
  const last = (slot: string): number => steps.findLastIndex((s) => readsOf(s).has(slot));
  return steps.map((_, k) =>
    rings.filter((slot) => last(slot) === k).map((slot) => ({ slot, mode: "set", value: constant(type, 0) })),
  );
}

/** The step of a group of phases, and what it leaves behind. */
function wholeStep(
  name: string,
  part: NeuronStep,
  emission: Emission,
  { cleared, ...group }: { number: number; last: boolean; contested: boolean; cleared: readonly Store[] },
  c: Context,
): Step {
  const stores = [...part.step.stores, ...emissionStores(part, emission, group, c), ...cleared];
  return { name, slots: [...part.step.slots, ...emissionSlots(stores, part.step.slots, c)], stores };
}

/** Parameters as numbers where one serves all, as arrays where neurons differ, and where they train as what they are then. */
function parametersOf(node: string, p: Population, c: Context, { parameters }: Sources) {
  const constants = new Map<string, number>();
  const perNeuron = new Set<string>();
  const fixed = new Map<string, Place>();
  const trained: string[] = [];
  for (const parameter of p.model.parameters) {
    const { name, value } = parameter;
    const given = p.parameters[name] ?? { kind: "constant", value };
    const own = trainedPlace(node, name, parameters);
    if (own) {
      fixed.set(name, own);
      trained.push(name);
      if (p.trainable[name] === "neuron") perNeuron.add(name);
    } else if (given.kind === "constant") constants.set(name, given.value);
    else {
      perNeuron.add(name);
      const numbers = initialise(given, p.size, { name: `${node}.${name}`, seed: c.options.seed });
      requireRange(`${node}.${name}`, parameter, numbers);
      fixed.set(name, place(c.constant(`${node}.${name}`, numbers)));
    }
  }
  return { constants, perNeuron, fixed, trained };
}

/** The model's variables (a synapse may read those that no step touches), and what steps keep beside them. */
function statesOf(node: string, p: Population, steps: readonly Step[], c: Context, sources: Sources): StateBuffer[] {
  const slots = new Set(steps.flatMap((s) => s.slots.map((x) => x.name)));
  const storage: Readonly<Record<VariableType, Type>> = { float: c.type, integer: "i32", boolean: "bool" };
  const state = (name: string, type: Type, initial: number): StateBuffer => {
    const draw = { name: `${node}.${name}.initial`, seed: c.options.seed };
    const { buffer } = statePlace(node, name, c, type);
    const trained = trainedStart(node, p, name, sources.parameters);
    if (trained) return { name, buffer, initial: new Float64Array(p.size), trained };
    return { name, buffer, initial: initialise(p.initial[name] ?? { kind: "constant", value: initial }, p.size, draw) };
  };
  return [
    ...p.model.variables.map((v) => state(v.name, storage[v.type], v.initial)),
    ...(slots.has(REFRACTORY) ? [state(REFRACTORY, "i32", 0)] : []),
    ...(slots.has(SPIKE) ? [state(SPIKE, c.type, 0)] : []),
  ];
}
