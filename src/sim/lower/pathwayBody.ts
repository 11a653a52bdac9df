/** What a synapse does at once (`Act`), over variables of the synapse, its source and its target, as an IR body. */
import { type Dimension, NAMED, quotient } from "../../base/dimension.ts";
import { ModelError } from "../../base/errors.ts";
import { streamOf } from "../../base/random.ts";
import { UNITS } from "../../base/units.ts";
import { expand } from "../../ir/expand.ts";
import { convert, type Expr, f64, read } from "../../ir/expr.ts";
import { type Place, place } from "../../ir/program.ts";
import { simplify } from "../../ir/simplify.ts";
import { nodes, rewriteStep, type Slot, type Step, type Store } from "../../ir/step.ts";
import { choose, negate, plus, times, ZERO } from "../../model/algebra.ts";
import type { Connection } from "../../model/connection.ts";
import { type Node, namesIn, walk } from "../../model/equations/ast.ts";
import { expectType, typeOfExpression, type ValueType } from "../../model/equations/check.ts";
import { CONSTANTS, isFunction, isNoise } from "../../model/equations/functions.ts";
import { faultAt, type Source } from "../../model/equations/source.ts";
import { assigned, isAuxiliary, type Statement } from "../../model/equations/statements.ts";
import { finish } from "../../model/finish.ts";
import { whyNotClosed } from "../../model/integrate/exact.ts";
import { chooseMethod, integrate } from "../../model/integrate/methods.ts";
import type { System } from "../../model/integrate/system.ts";
import { type Lowering, lower as lowerExpression } from "../../model/lower.ts";
import { noiseIn, SLOT_TYPE } from "../../model/meaning.ts";
import { checkNameFree } from "../../model/names.ts";
import { isSetByModel, type State } from "../../model/neuronModel.ts";
import {
  type Act,
  dynamicsOf,
  sourceOf,
  statementsOf,
  summedBy,
  targetOf,
  timedArraysIn,
  timedReadsOf,
  triggerOf,
  writtenBy,
} from "../../model/synapse.ts";
import {
  reachableFrom,
  type SynapseDynamics,
  type SynapseEquation,
  valueTypeOf,
} from "../../model/synapseEquations.ts";
import { SIDES, type Side } from "../../model/synapseSharing.ts";
import { tableSlots } from "../../model/timedTable.ts";
import { hasTwoGroups } from "../../model/timing.ts";
import { storedAs, toFloat } from "../../model/values.ts";
import { isDirect } from "./direct.ts";
import { foldCalls } from "./fixed.ts";
import { type Parts, PathwayNames } from "./pathwayNames.ts";
import { runPlace } from "./places.ts";
import type { SynapseTables } from "./synapses.ts";
import { changing, LAST_EVENT, neuronStep } from "./traces.ts";

export interface Body {
  readonly step: Step;
  readonly places: Readonly<Record<string, Place>>;
}
/** What happens at each synapse; then, to what all synapses of the neuron with the event share, once. */
export interface PathwayBody extends Body {
  readonly neuron: Body;
}

/** @throws {ModelError} `unknown-name`, `unit-mismatch`, `unsupported`, at the statement or equation */
export const pathwayBody = (c: Connection, a: Act, l: Parts): PathwayBody => new BodyWriter(c, a, l).body();
/** How what the synapses of a neuron share comes to the next step, or from its last event to the step at hand. */
export const motionBody = (c: Connection, side: Side, how: "step" | "catchUp", l: Parts): Body =>
  new BodyWriter(c, { kind: "clock" }, l).motion(side, how);

class BodyWriter {
  readonly #c: Connection;
  readonly #act: Act;
  readonly #l: Parts;
  readonly #source: Source;
  readonly #dynamics: SynapseDynamics | undefined;
  readonly #names: PathwayNames;
  /** New values by slot; what is added to a state and not looked at since; what arrives at ports as sums. */
  readonly #values = new Map<string, Expr>();
  readonly #added = new Map<string, Expr>();
  readonly #arrivals = new Map<string, Expr>();
  readonly #streams = new Map<Node | string, number>();
  /** Names that statements make for those behind them (Brian's auxiliary variables): what they stand for, and its type. */
  readonly #locals = new Map<string, { readonly value: Expr; readonly type: ValueType | undefined }>();

  constructor(c: Connection, a: Act, l: Parts) {
    this.#c = c;
    this.#act = a;
    this.#l = l;
    this.#dynamics = dynamicsOf(c.synapse!);
    this.#source = a.kind === "pathway" ? sourceOf(c.synapse!, a.pathway) : this.#dynamics!.source;
    this.#names = new PathwayNames(c, a, l);
  }

  body(): PathwayBody {
    this.#checkEquations();
    if (this.#act.kind === "summed") this.#sum(this.#act);
    else if (this.#act.kind === "clock") this.#move();
    else if (this.#act.kind === "held") this.#hold();
    else {
      this.#catchUp();
      const statements = statementsOf(this.#c.synapse!, this.#act.pathway);
      for (const [k, s] of statements.entries()) this.#statement(s, statements.slice(k + 1));
    }
    return this.#assemble();
  }
  motion(side: Side, how: "step" | "catchUp"): Body {
    if (how === "catchUp") this.#catchUpShared(side);
    else
      for (const [name, value] of integrate(this.#system(this.#changing(side)), "exact", f64(this.#l.context.net.dt)))
        this.#set("synapse", name, value);
    return this.#assemble(side).neuron;
  }

  /** @param side whose event it is */
  #assemble(side = triggerOf(this.#act)): PathwayBody {
    const { context, sums } = this.#l;
    const stores = [...this.#values].map(([slot, value]): Store => ({ slot, mode: "set", value }));
    for (const [slot, value] of this.#added) stores.push({ slot, mode: "add", value });
    for (const [port, value] of this.#arrivals) {
      const space = this.#act.kind === "summed" ? this.#act.of : "post";
      const slot: Slot = { name: `in.${port}`, type: context.type, space };
      this.#names.use(slot, () => sums.get(`${this.#c[END[space]].node}.${port}`)!.place);
      stores.push({ slot: slot.name, mode: "add", value });
    }
    const typed = finish(
      stores.map((s) => s.value),
      context.type,
    );
    const all = stores.map((s, k) => ({ ...s, value: typed[k]! }));
    const owner = ({ slot }: Store): string | undefined => this.#tables.shared.of.get(slot) ?? LAST_OWNER.get(slot);
    const name = `${this.#c.name}.${this.#c.synapse!.name}`;
    const neuron = this.#bodyOf(
      `${name}.shared`,
      all.filter((s) => owner(s) === side),
    );
    return {
      ...this.#bodyOf(
        name,
        all.filter((s) => owner(s) === undefined),
      ),
      neuron: side === "step" ? neuron : { ...neuron, step: neuronStep(neuron.step, side) },
    };
  }
  #bodyOf(name: string, stores: readonly Store[]): Body {
    const used = [...this.#names.used.values()];
    const whole = foldCalls({ name, slots: used.map((v) => v.slot), stores });
    const step = simplify(this.#tables.index ? numbered(expand(whole)) : expand(whole));
    const places = new Map<string, Place>(used.map((v) => [v.slot.name, v.place]));
    return {
      step,
      places: Object.fromEntries(step.slots.map(({ name: slot }) => [slot, places.get(slot) ?? this.#drawPlace(slot)])),
    };
  }
  /** What keys a draw: seed, trial and step, and of some synapses of a connection the number of each among all. */
  #drawPlace(name: string): Place {
    const { context } = this.#l;
    if (name !== NUMBER) return runPlace(name, context)!;
    return place(context.constant(`${this.#c.name}.number`, this.#tables.index!, "u32"));
  }
  get #tables(): SynapseTables {
    return this.#l.sources.synapses.get(this.#c.name)!;
  }

  get #meaning(): Lowering {
    return {
      dt: this.#l.context.net.dt,
      resolve: (name) => this.#resolve(name),
      stream: (n) => this.#stream(n.tag === "name" ? n.name : n),
      table: (array, slot) => this.#names.table(array, slot),
    };
  }
  #resolve(name: string): Expr | undefined {
    const local = this.#locals.get(name);
    if (local) return local.value;
    const sub = this.#dynamics?.subexpressions.find((s) => s.name === name);
    if (sub) return lowerExpression(sub.value, this.#meaning);
    return this.#names.resolve(name, (slot) => this.#now(slot));
  }
  /** The value that earlier statements have given a slot. */
  #now(slot: string): Expr | undefined {
    const more = this.#added.get(slot);
    if (more) {
      this.#added.delete(slot);
      this.#values.set(slot, plus(read("f64", slot), more));
    }
    return this.#values.get(slot);
  }
  /** Draws of a connection are told apart by act and place, as those of a population are. */
  #stream(of: Node | string): number {
    const name = this.#tables.of;
    const act = this.#act.kind === "pathway" ? `pathway ${this.#act.number}` : this.#act.kind;
    if (!this.#streams.has(of)) this.#streams.set(of, (streamOf(`${name} ${act}`) + this.#streams.size) >>> 0);
    return this.#streams.get(of)!;
  }

  /** Brings event-driven variables to this step by their closed form (Brian: `dt` becomes `t - lastupdate`). */
  #catchUp(): void {
    const d = this.#dynamics;
    if (!d || d.eventDriven.length === 0) return;
    if (this.#l.context.options.mode !== "stream")
      throw new ModelError(
        "unsupported",
        d.source.path,
        "event-driven equations need an engine: samples have no last event",
      );
    const { of, moving } = this.#tables.shared;
    this.#bringUp(
      d.eventDriven.filter((e) => !of.has(e.name)),
      "synapse",
    );
    for (const side of SIDES)
      if (moving.has(side)) this.#requireClosed(this.#system(this.#changing(side)));
      else this.#catchUpShared(side);
  }
  #catchUpShared(side: Side): void {
    this.#bringUp(this.#changing(side), side);
  }
  #changing(side: Side): SynapseEquation[] {
    const names = changing(this.#c, this.#tables.shared.of, side);
    return this.#dynamics!.eventDriven.filter((e) => names.includes(e.name));
  }
  #bringUp(equations: readonly SynapseEquation[], of: "synapse" | Side): void {
    if (equations.length === 0) return;
    const system = this.#system(equations);
    this.#requireClosed(system);
    const { step, last, steps } = this.#names.elapsed(of);
    const h = times(f64(this.#l.context.net.dt), convert("f64", steps));
    for (const [name, value] of integrate(system, "exact", h)) this.#set("synapse", name, value);
    this.#values.set(last.name, step);
  }
  #requireClosed(system: System): void {
    const problem = whyNotClosed(system);
    if (problem === undefined) return;
    const { path } = this.#dynamics!.source;
    const why = problem.replace(/; (?:use|fix) .*$/, ""); // other integrators are no way out: between events there are no steps
    throw new ModelError("unsupported", path, `cannot be event-driven: ${why}; use (clock-driven)`);
  }
  #hold(): void {
    for (const e of this.#dynamics!.held) {
      const value = lowerExpression(e.value, this.#meaning);
      this.#set("synapse", e.name, e.type === "float" ? toFloat(value) : value);
    }
  }
  /** One step of the equations that move by the clock. */
  #move(): void {
    const { clockDriven } = this.#dynamics!;
    const system = this.#system(clockDriven);
    const { method } = this.#c.synapse!;
    const next = integrate(system, method ?? chooseMethod(system), f64(this.#l.context.net.dt));
    for (const [name, value] of next) this.#set("synapse", name, value);
  }
  #system(equations: readonly SynapseEquation[]): System {
    const slopes = equations.map((e): [string, Expr] => [e.name, toFloat(lowerExpression(e.value, this.#meaning))]);
    const own = new Set(equations.map((e) => e.name));
    const timed = new Set([
      ...timedReadsOf(this.#c.synapse!).keys(),
      ...timedArraysIn(this.#c.synapse!).flatMap(tableSlots),
    ]);
    const slots = [...this.#names.used.values()]
      .map((v) => v.slot)
      .filter((s) => s.space !== "uniform" || timed.has(s.name));
    return {
      path: `synapse ${this.#c.synapse!.name}.method`,
      equations: new Map(slopes),
      drivers: new Set(slots.map((s) => s.name).filter((name) => !own.has(name))),
      noise: noiseIn(this.#reached(equations), this.#meaning),
    };
  }
  /** Right sides, with those of the subexpressions that they lead to. */
  #reached(equations: readonly SynapseEquation[]): Node[] {
    const names = reachableFrom(
      equations.flatMap((e) => [...namesIn(e.value)]),
      this.#dynamics,
    );
    const through = this.#dynamics!.subexpressions.filter((s) => names.has(s.name));
    return [...equations, ...through].map((e) => e.value);
  }
  #sum(act: Extract<Act, { kind: "summed" }>): void {
    const { port, of } = act;
    const e = summedBy(this.#dynamics!, act);
    const model = this.#names.model(of);
    const { net, options } = this.#l.context;
    if (!model) throw faultAt(this.#source, e.value.span, "unsupported", `'${e.name}': an input takes no sums`);
    if (of === "pre" && !(hasTwoGroups(net) && options.mode === "stream")) {
      const problem = `'${e.name}': a sum goes to the source under schedule 'brian', in simulations; elsewhere connect the other way round, and write _post`;
      throw faultAt(this.#source, e.value.span, "unsupported", problem);
    }
    const { inputs, variables, name } = model;
    if (!inputs.some((i) => i.name === port)) {
      const known = variables.some((v) => v.name === port);
      const problem = known
        ? `'${port}' of ${name} is a variable that would keep old sums: declare it as '${port} : unit'`
        : `${name} has no '${port}'`;
      throw faultAt(this.#source, e.value.span, known ? "unsupported" : "unknown-name", problem);
    }
    this.#arrivals.set(port, toFloat(lowerExpression(e.value, this.#meaning)));
  }

  #statement(s: Statement, behind: readonly Statement[]): void {
    const { of, variable } = targetOf(this.#c.synapse!, s.target);
    if (this.#locals.has(s.target) || (of === "post" && this.#isNew(s, behind))) return this.#name(s);
    if (of === "synapse") this.#own(s);
    else if (of === "post" && !isDirect(this.#c, this.#act, this.#l.context)) this.#arrive(s, variable);
    else if (of === "post" && this.#isInput(variable)) throw this.#mixed(s, variable);
    else this.#change(s, of, variable);
  }
  /** Whether it makes a name: nothing here has it, and a statement behind it reads it. */
  #isNew(s: Statement, behind: readonly Statement[]): boolean {
    const known = this.#names.state("post", s.target) ?? this.#isInput(s.target);
    return !known && !/_(pre|post)$/.test(s.target) && !this.#meansSomething(s.target) && isAuxiliary(s, behind);
  }
  #name(s: Statement): void {
    checkNameFree(s.target, this.#source, s.targetSpan);
    const before = this.#locals.get(s.target);
    this.#checkNames(s.value, s);
    const type = before?.type ?? (this.#dynamics && typeOfExpression(s.value, this.#scope(), this.#source));
    if (before && type !== undefined) expectType(assigned(s), type, `'${s.target}'`, this.#scope(), this.#source);
    const value = lowerExpression(assigned(s), this.#meaning);
    this.#locals.set(s.target, { value: value.type === "bool" ? value : toFloat(value), type });
  }
  #scope(): Map<string, ValueType> {
    const locals = [...this.#locals].flatMap(([name, { type }]) => (type === undefined ? [] : [[name, type] as const]));
    return new Map([...this.#names.scope(), ...locals]);
  }
  #fault(s: Statement, code: "unknown-name" | "unsupported", problem: string): ModelError {
    return faultAt(this.#source, s.targetSpan, code, problem);
  }
  #isInput(name: string): boolean {
    return this.#names.model("post")!.inputs.some((i) => i.name === name);
  }
  #unknown(s: Statement): ModelError {
    return this.#fault(s, "unknown-name", `'${s.target}' is not a variable here; known: ${this.#names.known()}`);
  }

  #own(s: Statement): void {
    const refuse = (what: string): ModelError => this.#fault(s, "unsupported", `'${s.target}' is ${what}`);
    if (Object.hasOwn(this.#c.synapse!.parameters, s.target))
      throw refuse("a parameter, and the same for all synapses");
    if (this.#dynamics?.subexpressions.some((x) => x.name === s.target)) throw refuse("computed when it is read");
    if (this.#dynamics?.held.some((x) => x.name === s.target)) throw refuse("computed as the step begins");
    if (this.#dynamics?.states.some((x) => x.name === s.target && x.constant)) throw refuse("declared (constant)");
    this.#check(s, assigned(s));
    this.#set("synapse", s.target, lowerExpression(assigned(s), this.#meaning));
  }
  #set(of: "synapse" | "post" | "pre", variable: string, value: Expr): void {
    const slot = this.#names.slotFor(of, variable);
    this.#values.set(slot.name, storedAs(SLOT_TYPE[slot.type], value));
  }

  /** A state of the source or the target, changed at once; one that is `unless refractory` stays while it is refractory. */
  #change(s: Statement, of: "pre" | "post", variable: string): void {
    const state = this.#names.state(of, variable);
    if (!state) throw this.#unknown(s);
    this.#requireOpen(s, state);
    if (!isDirect(this.#c, this.#act, this.#l.context))
      throw this.#fault(
        s,
        "unsupported",
        "synapses change their source on a spike under schedule 'brian', and nowhere else",
      );
    const { refractory } = this.#names.model(of)!;
    const free = refractory && state.unlessRefractory ? this.#names.active(of) : undefined;
    const { name, type } = this.#names.slotFor(of, variable);
    const sum = addition(s);
    if (sum && type === "float" && !this.#values.has(name) && !this.#added.has(name)) {
      this.#check(s, assigned(s));
      const value = toFloat(lowerExpression(s.value, this.#meaning));
      const more = sum === "+" ? value : negate(value);
      this.#added.set(name, free ? choose(free, more, ZERO) : more);
      return;
    }
    this.#check(s, assigned(s));
    const value = storedAs(SLOT_TYPE[type], lowerExpression(assigned(s), this.#meaning));
    const before = this.#now(name) ?? read(SLOT_TYPE[type], name);
    this.#values.set(name, free ? choose(free, value, before) : value);
  }

  /** Ports take what arrives as a sum. */
  #arrive(s: Statement, port: string): void {
    const state = this.#names.state("post", port);
    if (!state && !this.#isInput(port)) throw this.#unknown(s);
    if (state) this.#requireOpen(s, state);
    if (state && state.type !== "float")
      throw this.#fault(s, "unsupported", `'${port}' is ${state.type}: only numbers can be added to`);
    const sum = addition(s);
    if (!sum) {
      const where = hasTwoGroups(this.#l.context.net) ? "" : "; under schedule 'brian' a synapse may also set it";
      throw this.#fault(s, "unsupported", `a target variable can only be added to (+=, -=)${state ? where : ""}`);
    }
    if (triggerOf(this.#act) === "post" && !hasTwoGroups(this.#l.context.net))
      throw this.#fault(
        s,
        "unsupported",
        "under this schedule the target has had its step when its spike is seen: use its reset",
      );
    if (hasTwoGroups(this.#l.context.net) && state && this.#addsToInputs()) throw this.#mixed(s, port);
    this.#check(s, assigned(s));
    const value = toFloat(lowerExpression(s.value, this.#meaning));
    const before = this.#arrivals.get(port) ?? ZERO;
    this.#arrivals.set(port, plus(before, sum === "+" ? value : negate(value)));
  }
  #requireOpen(s: Statement, state: State): void {
    if (isSetByModel(state)) throw this.#fault(s, "unsupported", `'${s.target}' is set by the neuron's own step`);
  }
  #addsToInputs(): boolean {
    return writtenBy(this.#c.synapse!, this.#act, "post").some((port) => this.#isInput(port));
  }
  #mixed(s: Statement, port: string): ModelError {
    const problem = `'${port}' and another target are added to at different moments, because the update reads one as an (input): use two pathways`;
    return this.#fault(s, "unsupported", problem);
  }

  /** Names; and units, where equations say what they are. */
  #check(s: Statement, value: Node): void {
    if (this.#dynamics) {
      const scope = this.#scope();
      const type = scope.get(s.target);
      if (type === undefined) throw this.#unknown(s);
      expectType(value, type, `'${s.target}'`, scope, this.#source);
    }
    this.#checkNames(s.value, s);
  }
  #checkNames(value: Node, { span }: Pick<Statement, "span">): void {
    for (const n of walk(value))
      if (n.tag === "call" && !isFunction(n.fn))
        throw faultAt(this.#source, n.span, "unknown-name", `unknown function '${n.fn}'`);
    for (const name of namesIn(value)) {
      if (!this.#meansSomething(name))
        throw faultAt(this.#source, span, "unknown-name", `unknown name '${name}'; known: ${this.#names.known()}`);
    }
  }
  #meansSomething(name: string): boolean {
    const said =
      UNITS.has(name) ||
      CONSTANTS.has(name) ||
      name === "dt" ||
      isNoise(name) ||
      this.#locals.has(name) ||
      this.#dynamics?.subexpressions.some((s) => s.name === name);
    // Asking is not reading: a second view of the names notes what is used.
    return said || new PathwayNames(this.#c, this.#act, this.#l).resolve(name, () => undefined) !== undefined;
  }
  /** The equations that the act uses, in the units of this connection's ends. */
  #checkEquations(): void {
    const d = this.#dynamics;
    if (!d) return;
    const scope = this.#names.scope();
    const equations = { pathway: d.eventDriven, clock: d.clockDriven, summed: d.summed, held: d.held }[this.#act.kind];
    const moves = this.#act.kind === "pathway" || this.#act.kind === "clock";
    for (const e of [...d.subexpressions, ...equations]) {
      const type = valueTypeOf(e);
      const expected = d.subexpressions.includes(e) || !moves ? type : perSecond(e.dimension);
      expectType(e.value, expected, `'${e.name}'`, scope, d.source);
    }
    if (this.#act.kind !== "summed") return;
    const e = summedBy(d, this.#act);
    const into = this.#names.model(this.#act.of)?.inputs.find((i) => i.name === e.port);
    if (into) expectType(e.value, into.dimension, `'${e.name}'`, scope, d.source);
  }
}

const addition = (s: Statement): "+" | "-" | undefined =>
  s.op === "+=" || s.op === "-=" ? (s.op[0] as "+" | "-") : undefined;
const perSecond = (d: Dimension): Dimension => quotient(d, NAMED.second!);
/** Where the end of a connection that a slot belongs to is. */
const END = { pre: "from", post: "to" } as const;
/** Whose the steps of last events are. */
const LAST_OWNER: ReadonlyMap<string, Side> = new Map(SIDES.map((side) => [LAST_EVENT[side], side]));

/** The slot of the synapse's number where it lies with some of its connection's synapses alone. */
const NUMBER = "synapse.number";
function numbered(step: Step): Step {
  if (!nodes(step).some((e) => e.tag === "index" && e.of === "synapse")) return step;
  const slot: Slot = { name: NUMBER, type: "u32", space: "synapse" };
  const told = rewriteStep(step, (e) => (e.tag === "index" && e.of === "synapse" ? read("u32", NUMBER) : e));
  return { ...told, slots: [...told.slots, slot] };
}
