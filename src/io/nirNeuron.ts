/**
 * A population as a NIR neuron, found from its equations: one state v with slope `a·v + b·i + c`, a threshold and a
 * reset to a value. `v[t+1] = f` is the Euler step of slope `(f - v)/dt`.
 *
 * NIR speaks of continuous time. Importers give a spike amplitude 1 for one step, so a weight that lands on v itself (a
 * delta synapse) needs r = tau/dt, or 1/dt without leak: the convention of snnTorch and SpikingJelly.
 *
 * @see Pedersen et al. 2024, Neuromorphic intermediate representation, Nature Communications 15, 8122, table 1
 */
import { expandExpr } from "../ir/expand.ts";
import { type Expr, topological } from "../ir/expr.ts";
import { evaluate } from "../ir/scalar.ts";
import { type Node, print } from "../model/equations/ast.ts";
import { assigned } from "../model/equations/statements.ts";
import { constantOf } from "../model/initializer.ts";
import { chooseMethod, type MethodName } from "../model/integrate/methods.ts";
import { linearForm } from "../model/linear.ts";
import { type Lowering, lower } from "../model/lower.ts";
import { meaningOf, systemOf } from "../model/meaning.ts";
import type { Population } from "../model/network.ts";
import type { State } from "../model/neuronModel.ts";
import { inputSlot } from "../model/slots.ts";
import { toFloat } from "../model/values.ts";

export type NirNeuronType = "I" | "IF" | "LI" | "LIF";
export interface NirNeuron {
  readonly type: NirNeuronType;
  /** Parameters of the node, one value a neuron; `tau` in seconds. */
  readonly parameters: Readonly<Record<string, Float64Array>>;
  /** What leaves the node: `spike`, or the state. */
  readonly output: string;
  /** How the network's step discretises the node. */
  readonly update: keyof typeof UPDATES;
}

/**
 * One step from v with input x, before the threshold (`v > v_threshold`: v <- v_reset, in the same step). The names are
 * those of the importers that step this way.
 */
export const UPDATES = {
  nengo: "v <- exp(-dt/tau)*v + (1 - exp(-dt/tau))*(v_leak + r*x)",
  norse: "v <- v + dt/tau*(v_leak - v + r*x)",
  sinabs: "v <- exp(-dt/tau)*v + (1 - exp(-dt/tau))*v_leak + dt/tau*r*x",
  sum: "v <- v + dt*r*x",
} as const;

/** Methods that are exact for one linear equation. */
const EXACT: ReadonlySet<MethodName> = new Set(["exact", "matrixExponential", "exponentialEuler"]);

/**
 * @param port where weights arrive
 * @param dt seconds a step
 * @returns the neuron, or why NIR has none like it
 */
export function nirNeuron(p: Population, port: string, dt: number): NirNeuron | string {
  const { model } = p;
  const [state, ...others] = model.variables;
  if (!state || others.length > 0) return `it has ${model.variables.length} state variables, not one`;
  if (state.type !== "float" || !state.value) return `'${state.name}' is no membrane potential`;
  if (model.refractory) return "it has a refractory period";
  if (model.after.length > 0) return "it has statements that end every step";
  const start = p.initial[state.name] ?? constantOf(state.initial);
  if (start.kind !== "constant" || start.value !== 0) return `'${state.name}' does not start at 0`;
  const drawn = model.parameters.find(
    ({ name }) => !["constant", "values", undefined].includes(p.parameters[name]?.kind),
  );
  if (drawn) return `parameter '${drawn.name}' is drawn at random`;
  const meaning = meaningOf(model, { dt, connected: new Set([port]), constants: new Map() });
  const membrane = membraneOf(p, state, port, meaning, dt);
  if (typeof membrane === "string") return membrane;
  const events = eventsOf(p, state.name, meaning);
  return typeof events === "string"
    ? events
    : { ...joined(membrane, events), output: model.spike ? "spike" : state.name };
}

interface Membrane {
  readonly leaky: boolean;
  readonly parameters: NirNeuron["parameters"];
  readonly update: NirNeuron["update"];
}

function membraneOf(p: Population, state: State, port: string, meaning: Lowering, dt: number): Membrane | string {
  const input = inputSlot(port);
  const linear = linearForm(toFloat(lower(state.value!, meaning)), new Set([state.name, input]));
  if (!linear) return `'${state.name}' does not change linearly`;
  const [own, driven, rest] = [linear.terms.get(state.name), linear.terms.get(input), linear.rest].map((e) =>
    numbersOf(p, e),
  );
  if (!own || !driven || !rest) return `'${state.name}' depends on more than its parameters and its input`;
  const discrete = state.kind === "difference";
  const a = own.map((x) => (discrete ? (x - 1) / dt : x));
  const [b, c] = discrete ? [driven.map((x) => x / dt), rest.map((x) => x / dt)] : [driven, rest];
  const impulse = port === state.name;
  if (a.every((x) => x === 0)) {
    if (c.some((x) => x !== 0)) return "it drifts without input";
    return { leaky: false, update: "sum", parameters: { r: impulse ? a.map(() => 1 / dt) : b } };
  }
  const tau = a.map((x) => -1 / x);
  if (tau.some((x) => !(x > 0 && Number.isFinite(x)))) return "its leak is not a positive time constant";
  const update = updateOf(p, meaning, discrete, impulse);
  if (!update) return `NIR importers know no step like its method '${p.model.method}'`;
  const r = tau.map((x, k) => (impulse ? x / dt : b[k]! * x));
  return { leaky: true, update, parameters: { tau, r, v_leak: tau.map((x, k) => c[k]! * x) } };
}

function updateOf(
  { model }: Population,
  meaning: Lowering,
  discrete: boolean,
  impulse: boolean,
): NirNeuron["update"] | undefined {
  const method = discrete ? "euler" : (model.method ?? chooseMethod(systemOf(model, meaning)));
  if (method === "euler") return "norse";
  if (EXACT.has(method)) return impulse ? "sinabs" : "nengo";
  return undefined;
}

/** Threshold and reset; none of a neuron that does not spike. */
function eventsOf(p: Population, state: string, meaning: Lowering): NirNeuron["parameters"] | string {
  const { spike, reset } = p.model;
  if (!spike) return {};
  const [above, threshold] = sidesOf(spike).map((n) => toFloat(lower(n, meaning)));
  const v_threshold = above?.tag === "read" && above.slot === state ? numbersOf(p, threshold) : undefined;
  if (!v_threshold) return `its spike condition '${print(spike)}' is not '${state} > threshold'`;
  const [statement] = reset;
  const v_reset =
    reset.length === 1 && statement?.target === state
      ? numbersOf(p, toFloat(lower(assigned(statement), meaning)))
      : undefined;
  return v_reset ? { v_threshold, v_reset } : `its reset does not set '${state}' to a value`;
}

/** What must be greater, and than what. */
function sidesOf(condition: Node): readonly Node[] {
  if (condition.tag !== "compare") return [];
  return condition.op === ">" ? [condition.a, condition.b] : condition.op === "<" ? [condition.b, condition.a] : [];
}

function joined({ leaky, update, parameters }: Membrane, events: NirNeuron["parameters"]): Omit<NirNeuron, "output"> {
  const fires = "v_threshold" in events;
  return {
    type: leaky ? (fires ? "LIF" : "LI") : fires ? "IF" : "I",
    update,
    parameters: { ...parameters, ...events },
  };
}

/** The value of an expression for each neuron, if it reads parameters only. Nothing counts as 0. */
function numbersOf(p: Population, e: Expr | undefined): Float64Array | undefined {
  const out = new Float64Array(p.size);
  if (!e) return out;
  const defaults = new Map(p.model.parameters.map(({ name, value }) => [name, value]));
  const nodes = topological([e]);
  if (nodes.some((n) => n.tag === "draw" || (n.tag === "read" && !defaults.has(n.slot)))) return undefined;
  const basic = expandExpr(e);
  const differ = nodes.some((n) => n.tag === "read" && p.parameters[n.slot]?.kind === "values");
  const at = (k: number): number =>
    evaluate(basic, (leaf) => (leaf.tag === "read" ? parameterAt(p, leaf.slot, k, defaults) : k));
  return differ ? out.map((_, k) => at(k)) : out.fill(at(0));
}
function parameterAt(p: Population, name: string, k: number, defaults: ReadonlyMap<string, number>): number {
  const given = p.parameters[name];
  return given?.kind === "values" ? given.values[k]! : given?.kind === "constant" ? given.value : defaults.get(name)!;
}
