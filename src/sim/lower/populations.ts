/** A population's step as a kernel: from its model's equations to a simplified step and the places of its slots. */
import { streamOf } from "../../base/random.ts";
import { and, compare, constant, convert, type Expr, mul, read } from "../../ir/expr.ts";
import { expand, expandExpr } from "../../ir/expand.ts";
import { hoist } from "../../ir/hoist.ts";
import { along, type Node, invoke, type Place, place } from "../../ir/program.ts";
import { DRAW_SLOTS } from "../../ir/random.ts";
import { simplify } from "../../ir/simplify.ts";
import { evaluate } from "../../ir/scalar.ts";
import { nodes, pruneSlots, readsOf, rewriteStep, type Slot, slotOf, type Step, type Store } from "../../ir/step.ts";
import { initialise } from "../../model/initializer.ts";
import { type Population } from "../../model/network.ts";
import { neuronStep, REFRACTORY, SPIKE } from "../../model/step.ts";
import { type Context, KEY } from "./context.ts";
import { type PortSum, type Sources } from "./contributions.ts";

/** One kernel call of a population; functions and draws in its step are expanded last, so that it can be differentiated. */
export interface Kernel { readonly step: Step; readonly args: Readonly<Record<string, Place>> }

export interface StateBuffer { readonly name: string; readonly buffer: string; readonly initial: Float64Array }

export interface PopulationKernels {
  readonly node: string;
  /** One for each group of phases. */
  readonly kernels: readonly Kernel[];
  readonly states: readonly StateBuffer[];
  /** Computes per-neuron constants; runs when parameters have been written. */
  readonly prepare: readonly Node[];
}

/** What a population's step leaves behind beside its state. */
export interface Emission {
  /** Spikes as lists. */
  readonly spikes: boolean;
  /** Outputs by value; `spike` is the spike as 0 or 1. */
  readonly values: readonly string[];
  /** For training: the spike as a number (`out.spike`, to be differentiated), its bits, and a mask that silences neurons. */
  readonly training?: { readonly bits: boolean; readonly mask: boolean };
}

export function populationKernels(node: string, p: Population, sums: ReadonlyMap<string, PortSum>, emission: Emission, c: Context, sources: Sources): PopulationKernels {
  const { constants, perNeuron } = parametersOf(node, p, c);
  const { groups } = c.net.schedule;
  const connected = new Set(sums.keys());
  const parts = groups.map((phases) => neuronStep(p.model, { type: c.type, dt: c.net.dt, connected, constants, perNeuron, phases, firstStream: streamOf(node) }));
  const states: StateBuffer[] = [];
  const prepare: Node[] = [];
  const kernels = parts.map((part, k) => {
    const last = k === parts.length - 1;
    const stores = [...part.step.stores, ...emit(part, emission, last, c), ...(part.spike && !last ? [spikeFlag(part.spike, c)] : [])];
    const slots = [...part.step.slots, ...emissionSlots(stores, part.step.slots, c)];
    const whole = foldCalls({ name: `${node}${parts.length > 1 ? `.${k}` : ""}`, slots, stores });
    const { main, fixed } = hoisted(node, k, whole, perNeuron, p.size, c, prepare);
    return { step: main, args: { ...fixed, ...placesOf(node, expand(main), new Set(Object.keys(fixed)), sums, c, sources) } };
  });
  for (const slot of new Map(kernels.flatMap((k) => k.step.slots.map((s) => [s.name, s] as const))).values()) {
    const variable = p.model.variables.find((v) => v.name === slot.name);
    if (variable || OWN_STATE.has(slot.name)) states.push(stateBuffer(node, p, slot, variable?.initial ?? 0, c));
  }
  return { node, kernels, states, prepare };
}

/** States that the model's author did not write: see `model/step.ts`. */
const OWN_STATE: ReadonlySet<string> = new Set([REFRACTORY, SPIKE]);
/** Tells the next group of phases who fired. */
const spikeFlag = (spike: Expr, c: Context): Store => ({ slot: SPIKE, mode: "set", value: convert(c.type, spike) });

/** Parameters as numbers where one serves all, as arrays where neurons differ. */
function parametersOf(node: string, p: Population, c: Context): { constants: Map<string, number>; perNeuron: Set<string> } {
  const constants = new Map<string, number>();
  const perNeuron = new Set<string>();
  for (const { name, value } of p.model.parameters) {
    const given = p.parameters[name];
    if (!given || given.kind === "constant") constants.set(name, given?.kind === "constant" ? given.value : value);
    else {
      perNeuron.add(name);
      c.constant(`${node}.${name}`, initialise(given, p.size, { name: `${node}.${name}`, seed: c.options.seed }));
    }
  }
  return { constants, perNeuron };
}

interface Part { readonly spike?: Expr; readonly spikeValue?: Expr; readonly outputs: ReadonlyMap<string, Expr> }

function emit(part: Part, { spikes, values, training }: Emission, last: boolean, c: Context): Store[] {
  const mask = training?.mask ? read(c.type, "mask") : undefined;
  const stores: Store[] = [];
  if (part.spike && (spikes || training)) {
    const heard = mask ? and(part.spike, compare("gt", mask, constant(c.type, 0))) : part.spike;
    if (spikes) stores.push({ slot: "spikes", mode: "append", value: heard });
    if (training?.bits) stores.push({ slot: "bits", mode: "bits", value: heard });
  }
  if (part.spikeValue && (training || values.includes("spike")))
    stores.push({ slot: "out.spike", mode: "set", value: mask ? mul(part.spikeValue, mask) : part.spikeValue });
  if (last)
    for (const name of values.filter((v) => v !== "spike")) {
      const value = part.outputs.get(name);
      if (!value) throw new Error(`no output '${name}'`);
      stores.push({ slot: `out.${name}`, mode: "set", value: mask ? mul(value, mask) : value });
    }
  return stores;
}

/** Slots for the stores that `emit` added, and for what they read. */
function emissionSlots(stores: readonly Store[], known: readonly Slot[], c: Context): Slot[] {
  const names = new Set(known.map((s) => s.name));
  const added = stores.filter((s) => !names.has(s.slot)).map((s): Slot => {
    const list = s.mode === "append" || s.mode === "bits";
    return { name: s.slot, type: list ? "u32" : s.value.type, space: list ? "uniform" : "element" };
  });
  return [...added, { name: "mask", type: c.type, space: "element" }];
}

/** Functions of constants become constants; others stay as they are, because a step is differentiated before they are expanded. */
function foldCalls(step: Step): Step {
  const simple = simplify(step);
  if (!nodes(simple).some(isConstantCall)) return simple;
  return foldCalls(rewriteStep(simple, (e) => (isConstantCall(e) ? constant(e.type, evaluate(expandExpr(e), noLeaf)) : e)));
}
const isConstantCall = (e: Expr): boolean => e.tag === "call" && e.args.every((a) => a.tag === "const");
const noLeaf = (): never => {
  throw new Error("a function of constants reads nothing");
};

/** Moves what depends on parameters alone out of the step. */
function hoisted(node: string, k: number, step: Step, perNeuron: ReadonlySet<string>, size: number, c: Context, prepare: Node[]): { main: Step; fixed: Record<string, Place> } {
  const own = (name: string): Place => place(`${node}.${name}`);
  const parameterPlaces = (s: Step): Record<string, Place> => Object.fromEntries(s.slots.filter((x) => perNeuron.has(x.name)).map((x) => [x.name, own(x.name)]));
  const { prepare: once, prepareElements: each, main } = hoist(step, perNeuron);
  const fixed: Record<string, Place> = {};
  for (const [first, n] of [[once, 1], [each, size]] as const) {
    if (!first) continue;
    for (const { slot } of first.stores) fixed[slot] = place(c.buffer(`${node}.${k}.${slot}`, slotOf(first, slot).type, n === 1 ? 1 : c.stride(node), "work"));
    prepare.push(invoke({ kind: "perElement", step: simplify(expand(first)) }, { ...parameterPlaces(first), ...fixed }, { n }));
  }
  const pruned = pruneSlots(simplify(main));
  return { main: pruned, fixed: { ...parameterPlaces(pruned), ...fixed } };
}

/** Where each slot of a population's step lies. */
function placesOf(node: string, step: Step, known: ReadonlySet<string>, sums: ReadonlyMap<string, PortSum>, c: Context, sources: Sources): Record<string, Place> {
  const out: Record<string, Place> = {};
  const drawn = new Set(["t", ...Object.keys(DRAW_SLOTS)]);
  const used = new Set([...readsOf(step), ...step.stores.map((s) => s.slot)]);
  for (const { name, type } of step.slots.filter((s) => used.has(s.name) && !known.has(s.name))) {
    if (name.startsWith("in.")) out[name] = sums.get(name.slice(3))!.place;
    else if (name === "bits") continue; // the caller knows where
    else if (name === "spikes") Object.assign(out, spikePlaces(node, sources));
    else if (name === "out.spike" && !sources.values.has(`${node}.spike`)) continue; // only for its derivative
    else if (name.startsWith("out.")) out[name] = sources.values.get(`${node}.${name.slice(4)}`)!.row();
    else if (drawn.has(name)) out[name] = runPlace(name, c);
    else out[name] = place(c.buffer(`${node}.${name}`, type, c.options.samples * c.stride(node), "state"), 0, along("s", c.stride(node)));
  }
  return out;
}
function spikePlaces(node: string, sources: Sources): Record<string, Place> {
  const { list, to } = sources.spikes.get(node)!.events(0);
  return { spikes: list, "spikes.from": place("zero"), "spikes.to": to };
}

/** Draws are keyed by seed, sample and step; the host fills the tables of sample and step numbers. */
function runPlace(name: string, c: Context): Place {
  const { samples, mode } = c.options;
  const table = STEP_TABLES[name];
  if (table) {
    const rows = c.rows(0);
    return place(c.buffer(table, name === "t" ? c.type : "u32", rows, "argument"), 0, along("t", 1, mode === "stream" ? { modulo: rows } : {}));
  }
  if (name === "seed") return place("key", KEY.seed);
  if (name === "sample") {
    const chunk = mode === "samples" ? [along("chunk", samples)] : [];
    return place(c.buffer("sample.number", "u32", c.chunks * samples, "argument"), 0, ...chunk, along("s", 1));
  }
  throw new Error(`no place for '${name}'`);
}
/** Numbers of each step of a run, which the host fills: its index in two words, and its time in seconds. */
const STEP_TABLES: Readonly<Record<string, string>> = { stepLow: "step.low", stepHigh: "step.high", t: "step.time" };

function stateBuffer(node: string, p: Population, slot: Slot, initial: number, c: Context): StateBuffer {
  const given = p.initial[slot.name];
  const values = given ? initialise(given, p.size, { name: `${node}.${slot.name}.initial`, seed: c.options.seed }) : new Float64Array(p.size).fill(initial);
  return { name: slot.name, buffer: `${node}.${slot.name}`, initial: values };
}
