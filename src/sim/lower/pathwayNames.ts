/** What the statements and equations of a synapse may name, and where each name's value lies. */
import { DIMENSIONLESS, NAMED } from "../../base/dimension.ts";
import { listNames, ModelError } from "../../base/errors.ts";
import { compare, convert, type Expr, f64, type IndexOf, i32, index, read, sub } from "../../ir/expr.ts";
import { type Place, place } from "../../ir/program.ts";
import { DRAW_SLOTS } from "../../ir/random.ts";
import type { Slot, Space } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";
import { minus, times } from "../../model/algebra.ts";
import type { Connection } from "../../model/connection.ts";
import { type Node, print, type TimedHead, walk } from "../../model/equations/ast.ts";
import type { ValueType } from "../../model/equations/check.ts";
import { isNoise, RANDOM } from "../../model/equations/functions.ts";
import type { VariableType } from "../../model/equations/parseEquations.ts";
import { lower as lowerExpression } from "../../model/lower.ts";
import { SLOT_TYPE } from "../../model/meaning.ts";
import type { NeuronModel, State } from "../../model/neuronModel.ts";
import { ACTIVE, LAST_UPDATED, N_INCOMING, N_OUTGOING, REFRACTORY, STEP_NUMBER, TIME } from "../../model/slots.ts";
import { type Act, dynamicsOf, type SynapseModel, targetOf, timedArraysIn, timedReadsOf } from "../../model/synapse.ts";
import { valueTypeOf } from "../../model/synapseEquations.ts";
import type { Side } from "../../model/synapseSharing.ts";
import type { TimedRead } from "../../model/timedRead.ts";
import { type TableSlot, tableSlot } from "../../model/timedTable.ts";
import { actsOnStates, sourceReads, sourceValues } from "../../model/timing.ts";
import type { Lowered } from "./lower.ts";
import { runPlace, statePlace } from "./places.ts";
import { LAST_UPDATE } from "./synapses.ts";
import { lookedPlace, synapseTimedPlace } from "./timed.ts";
import { LAST_EVENT } from "./traces.ts";
import { trainedPlace } from "./trained.ts";

export type Parts = Pick<Lowered, "context" | "sources" | "sums">;

/** Something that a kernel reads or stores, and where it lies. */
export interface Variable {
  readonly slot: Slot;
  readonly place: Place;
}

/** Slot types while expressions are formed (numbers are f64) and as they are stored. */
const stored = (type: VariableType, { context }: Parts): Type =>
  type === "float" ? context.type : (SLOT_TYPE[type] as Type);

/** Indices of a synapse's ends, and how many neurons there are: Brian's special variables. */
const INDICES: Readonly<Record<string, IndexOf & Side>> = { i: "pre", j: "post" };

/** The same as a neuron's own equations call them. */
const NODE_SPECIAL: Readonly<Record<"pre" | "post", Readonly<Record<string, string>>>> = {
  pre: { i: "i", N: "N_pre" },
  post: { i: "j", N: "N_post" },
};

export class PathwayNames {
  readonly #c: Connection;
  readonly #synapse: SynapseModel;
  readonly #l: Parts;
  /** What is named, by slot. */
  readonly used = new Map<string, Variable>();
  /** `x_pre` that an act reads as it left the source, by variable: how many steps ago. */
  readonly #left: ReadonlyMap<string, number>;
  /** Whether the source's states are seen as they stand. */
  readonly #seesSource: boolean;

  constructor(c: Connection, a: Act, l: Parts) {
    this.#c = c;
    this.#synapse = c.synapse!;
    this.#l = l;
    const reads = sourceReads(l.context.net, c, a);
    this.#left = new Map(reads.flatMap(({ variable, age }) => (age === "now" ? [] : [[variable, age] as const])));
    this.#seesSource = actsOnStates(l.context.net, c, a);
  }

  use(slot: Slot, at: () => Place): void {
    if (!this.used.has(slot.name)) this.used.set(slot.name, { slot, place: at() });
  }
  #read(name: string, type: VariableType, space: Space, at: () => Place): Expr {
    this.use({ name, type: stored(type, this.#l), space }, at);
    return read(SLOT_TYPE[type], name);
  }

  model(of: "pre" | "post"): NeuronModel | undefined {
    const { populations } = this.#l.context.net;
    return populations[of === "pre" ? this.#c.from.node : this.#c.to.node]?.model;
  }
  state(of: "pre" | "post", name: string): State | undefined {
    return this.model(of)?.variables.find((v) => v.name === name);
  }
  /** Where a variable of a synapse or a state of a node is stored: its slot, used from now on. */
  slotFor(of: "synapse" | "post" | "pre", name: string): { name: string; type: VariableType } {
    const type = of === "synapse" ? this.#typeOfOwn(name) : this.state(of, name)!.type;
    if (of === "synapse") this.#own(name);
    else this.#state(of, name);
    return { name: of === "synapse" ? name : `${of}.${name}`, type };
  }

  /** The value of a name as a step begins; undefined where it has none here. */
  resolve(name: string, now: (slot: string) => Expr | undefined): Expr | undefined {
    const { of, variable } = targetOf(this.#synapse, name);
    const value = of === "synapse" ? this.#own(name, now) : this.#ofNode(of, variable, now);
    return value ?? this.#special(name);
  }
  #own(name: string, now: (slot: string) => Expr | undefined = () => undefined): Expr | undefined {
    const parameter = this.#synapse.parameters[name];
    if (parameter !== undefined && Object.hasOwn(this.#synapse.parameters, name)) return f64(parameter);
    if (name !== "w" && !Object.hasOwn(this.#synapse.variables, name)) return undefined;
    const tables = this.#l.sources.synapses.get(this.#c.name)!;
    const before = this.#read(name, this.#typeOfOwn(name), tables.space(name), () => tables.variable(name));
    return now(name) ?? before;
  }
  #typeOfOwn(name: string): VariableType {
    return dynamicsOf(this.#synapse)?.states.find((s) => s.name === name)?.type ?? "float";
  }

  #ofNode(of: "pre" | "post", name: string, now: (slot: string) => Expr | undefined): Expr | undefined {
    const model = this.model(of);
    if (model?.inputs.some((i) => i.name === name)) {
      const problem = `'${name}' is an input of ${model.name}: what it adds up is not there for synapses to read`;
      throw new ModelError("unsupported", `synapse ${this.#synapse.name}`, problem);
    }
    const standing = of === "post" || this.#seesSource;
    if (!standing || !model) {
      const age = of === "pre" ? this.#left.get(name) : undefined;
      if (age === undefined) return model && this.#parameter(of, model, name);
      return this.#read(`pre.${name}`, "float", "pre", () =>
        this.#l.sources.values.get(`${this.#c.from.node}.${name}`)!.row(age),
      );
    }
    if (name === ACTIVE && model.refractory) return this.active(of);
    const sub = model.subexpressions.find((s) => s.name === name);
    if (sub) return this.#subexpression(of, sub.value, now);
    if (this.state(of, name)) return now(`${of}.${name}`) ?? this.#state(of, name);
    return this.#parameter(of, model, name);
  }
  #subexpression(
    of: "pre" | "post",
    value: Parameters<typeof lowerExpression>[0],
    now: (slot: string) => Expr | undefined,
  ): Expr {
    this.#checkReadable(of, value);
    return lowerExpression(value, {
      dt: this.#l.context.net.dt,
      resolve: (inner) => this.#ofNode(of, inner, now) ?? this.#special(NODE_SPECIAL[of][inner] ?? inner),
      stream: () => {
        throw new Error("a draw was not refused");
      },
    });
  }
  /** What a neuron adds up, draws or looks up in its step is not there for its synapses. */
  #checkReadable(of: "pre" | "post", value: Node): void {
    const model = this.model(of)!;
    const gone = new Set([...model.inputs.map((i) => i.name), ...model.timedReads.map((x) => x.slot)]);
    for (const n of walk(value)) {
      const name = n.tag === "name" && (gone.has(n.name) || isNoise(n.name)) ? n.name : undefined;
      const found = n.tag === "timed" || (n.tag === "call" && RANDOM.has(n.fn)) ? print(n) : undefined;
      if (name === undefined && found === undefined) continue;
      const problem = `a subexpression of ${model.name} that reads '${name ?? found}' cannot be read by synapses: declare it (constant over dt)`;
      throw new ModelError("unsupported", `synapse ${this.#synapse.name}`, problem);
    }
  }
  #state(of: "pre" | "post", name: string): Expr {
    const node = of === "pre" ? this.#c.from.node : this.#c.to.node;
    const { type } = this.state(of, name)!;
    return this.#read(`${of}.${name}`, type, of, () => statePlace(node, name, this.#l.context, stored(type, this.#l)));
  }
  /** Whether the neuron is not refractory. */
  active(of: "pre" | "post"): Expr {
    const node = of === "pre" ? this.#c.from.node : this.#c.to.node;
    const count = this.#read(`${of}.${REFRACTORY}`, "integer", of, () =>
      statePlace(node, REFRACTORY, this.#l.context, "i32"),
    );
    return compare("eq", count, i32(0));
  }
  #parameter(of: "pre" | "post", model: NeuronModel, name: string): Expr | undefined {
    const own = model.parameters.find((p) => p.name === name);
    if (!own) return undefined;
    const node = of === "pre" ? this.#c.from.node : this.#c.to.node;
    const p = this.#l.context.net.populations[node]!;
    const given = p.parameters[name] ?? { kind: "constant", value: own.value };
    const trained = trainedPlace(node, name, this.#l.sources.parameters);
    if (!trained && given.kind === "constant") return f64(given.value);
    const space = trained && p.trainable[name] === "layer" ? "uniform" : of;
    return this.#read(`${of}.${name}`, "float", space, () => trained ?? place(`${node}.${name}`));
  }

  /** Time, and the numbers of the two neurons. */
  #special(name: string): Expr | undefined {
    const { context } = this.#l;
    if (name === TIME) return this.#read(TIME, "float", "uniform", () => runPlace(TIME, context)!);
    const end = Object.hasOwn(INDICES, name) ? INDICES[name] : undefined;
    if (end) return convert("i32", index(end));
    if (name === STEP_NUMBER)
      return this.#read(STEP_NUMBER, "integer", "uniform", () => runPlace(STEP_NUMBER, context)!);
    const timed = timedReadsOf(this.#synapse).get(name);
    if (timed) return this.#timed(timed);
    if (name === LAST_UPDATED && this.#notesLast()) return this.#lastUpdated();
    if (name === N_INCOMING || name === N_OUTGOING) return this.#degree(name);
    if (name === "N") return f64(this.#l.sources.synapses.get(this.#c.name)!.total);
    if (name === "N_pre") return f64(context.size(this.#c.from.node));
    return name === "N_post" ? f64(context.size(this.#c.to.node)) : undefined;
  }
  #notesLast(): boolean {
    return this.#l.sources.synapses.get(this.#c.name)!.own.includes(LAST_UPDATE);
  }
  #lastUpdated(): Expr {
    const now = this.#special(TIME)!;
    return minus(now, times(f64(this.#l.context.net.dt), convert("f64", this.elapsed("synapse").steps)));
  }
  #degree(name: typeof N_INCOMING | typeof N_OUTGOING): Expr {
    const { degree } = this.#l.sources.synapses.get(this.#c.name)!;
    const end = name === N_INCOMING ? "post" : "pre";
    const count = degree(end);
    if (typeof count === "number") return f64(count);
    return convert(
      "f64",
      this.#read(name, "integer", end, () => count),
    );
  }
  #timed(x: TimedRead): Expr {
    const end = x.column && INDICES[x.column];
    const node = end === "pre" ? this.#c.from.node : this.#c.to.node;
    const { of } = this.#l.sources.synapses.get(this.#c.name)!;
    const at = (): Place => synapseTimedPlace(of, x, this.#synapse, node, this.#l.context);
    return this.#read(x.slot, "float", end === undefined ? "uniform" : end, at);
  }
  /** A table of a timed array that is looked up. */
  table({ name }: TimedHead, slot: TableSlot): Expr {
    const array = timedArraysIn(this.#synapse).find((x) => x.name === name)!;
    const { of } = this.#l.sources.synapses.get(this.#c.name)!;
    const at = (): Place => lookedPlace(array, slot, of, this.#l.context);
    return this.#read(tableSlot(name, slot), slot === "row" ? "integer" : "float", "uniform", at);
  }
  /** Steps since the last event of the synapse, of its source or of its target, and the number of this step. */
  elapsed(of: "synapse" | Side): { step: Expr; last: Slot; steps: Expr } {
    const { sources } = this.#l;
    const last: Slot = { name: of === "synapse" ? LAST_UPDATE : LAST_EVENT[of], type: "u32", space: of };
    this.use(last, () => sources.synapses.get(this.#c.name)!.variable(last.name));
    const step = this.#stepNumber();
    return { step, last, steps: sub(step, read("u32", last.name)) };
  }

  #stepNumber(): Expr {
    const { stepLow } = DRAW_SLOTS;
    this.use(stepLow, () => runPlace(stepLow.name, this.#l.context)!);
    return read(stepLow.type, stepLow.name);
  }

  /** Types of everything that may be named, where equations say what units are. */
  scope(): Map<string, ValueType> {
    const dynamics = dynamicsOf(this.#synapse)!;
    const port = this.model("post")!;
    const out = new Map<string, ValueType>();
    const dimensionless = this.#portDimension();
    for (const name of ["i", "j", "N_pre", "N_post", N_INCOMING, N_OUTGOING]) out.set(name, DIMENSIONLESS);
    if (this.#notesLast()) out.set(LAST_UPDATED, NAMED.second!);
    for (const [suffixes, model] of [
      [["_pre"], this.model("pre")],
      [["", "_post"], port],
    ] as const)
      for (const x of model ? [...model.variables, ...model.subexpressions, ...model.parameters.map(asFloat)] : [])
        for (const suffix of suffixes) out.set(x.name + suffix, valueTypeOf(x));
    for (const x of port.inputs) for (const suffix of ["", "_post"]) out.set(x.name + suffix, x.dimension);
    if (!this.model("pre")) out.set("value_pre", dimensionless);
    for (const [name, d] of Object.entries(dynamics.dimensions)) out.set(name, d);
    for (const x of [...dynamics.states, ...dynamics.subexpressions]) out.set(x.name, valueTypeOf(x));
    for (const { slot, array } of timedReadsOf(this.#synapse).values()) out.set(slot, array.dimension);
    out.set("w", dynamics.weight ?? dimensionless);
    return out;
  }
  /** Of the default port: what a weight that nobody declared is in. */
  #portDimension(): ValueType {
    const { inputs, variables } = this.model("post")!;
    return [...inputs, ...variables].find((x) => x.name === this.#c.to.port)?.dimension ?? DIMENSIONLESS;
  }

  /** The names, for messages. */
  known(): string {
    const { net } = this.#l.context;
    const { populations } = net;
    const source = sourceValues(net, this.#c.from.node).map((name) => `${name}_pre`);
    const target = populations[this.#c.to.node]!.model.variables.map((v) => `${v.name}_post`);
    const own = [...Object.keys(this.#synapse.variables), ...Object.keys(this.#synapse.parameters)];
    const timed = timedReadsOf(this.#synapse).keys();
    return listNames(new Set(["w", ...own, ...target, ...source, TIME, ...timed, this.#c.to.port]));
  }
}
const asFloat = <T extends object>(x: T): T & { type: "float" } => ({ ...x, type: "float" });
