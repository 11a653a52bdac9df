/** The statements of a pathway, over variables of the synapse, its source and its target, as an IR body. */
import { listNames, ModelError } from "../../base/errors.ts";
import { UNITS } from "../../base/units.ts";
import { expand } from "../../ir/expand.ts";
import { type Expr, f64, read } from "../../ir/expr.ts";
import type { Place } from "../../ir/program.ts";
import { simplify } from "../../ir/simplify.ts";
import type { Slot, Space, Step, Store } from "../../ir/step.ts";
import { negate } from "../../model/algebra.ts";
import type { Connection } from "../../model/connection.ts";
import { namesIn } from "../../model/equations/ast.ts";
import { CONSTANTS } from "../../model/equations/functions.ts";
import { faultAt, type Source } from "../../model/equations/source.ts";
import { assigned, parseStatements, type Statement } from "../../model/equations/statements.ts";
import { finish } from "../../model/finish.ts";
import { type Lowering, lower as lowerExpression } from "../../model/lower.ts";
import { TIME } from "../../model/slots.ts";
import type { Pathway } from "../../model/synapse.ts";
import { floatStates, hasTwoGroups, sourceReads, sourceValues } from "../../model/timing.ts";
import { toFloat } from "../../model/values.ts";
import type { Lowered } from "./lower.ts";
import { runPlace, statePlace } from "./places.ts";

type Parts = Pick<Lowered, "context" | "sources" | "sums">;

export interface PathwayBody {
  readonly step: Step;
  readonly places: Readonly<Record<string, Place>>;
}

/** @throws {ModelError} `unknown-name`, `unsupported`, at the statement */
export const pathwayBody = (c: Connection, p: Pathway, l: Parts): PathwayBody => new BodyWriter(c, p, l).body();

interface Variable {
  readonly slot: Slot;
  place(): Place;
}

class BodyWriter {
  readonly #c: Connection;
  readonly #p: Pathway;
  readonly #l: Parts;
  readonly #source: Source;
  /** What the body may name. */
  readonly #variables: ReadonlyMap<string, Variable>;
  readonly #parameters: ReadonlyMap<string, Expr>;
  /** What it does name. */
  readonly #used = new Map<string, Variable>();
  /** New values of synapse variables, and what arrives at the target's port. */
  readonly #values = new Map<string, Expr>();
  #arrival: Expr | undefined;

  constructor(c: Connection, p: Pathway, l: Parts) {
    this.#c = c;
    this.#p = p;
    this.#l = l;
    this.#source = { text: p.body, path: `synapse ${c.synapse!.name}.${p.trigger}` };
    this.#variables = variablesOf(c, p, l);
    this.#parameters = new Map(Object.entries(c.synapse!.parameters).map(([name, x]) => [name, f64(x)]));
  }

  body(): PathwayBody {
    for (const s of parseStatements(this.#source)) this.#statement(s);
    const { type } = this.#l.context;
    const { node, port } = this.#c.to;
    const stores = [...this.#values].map(([slot, value]): Store => ({ slot, mode: "set", value }));
    if (this.#arrival) {
      const slot: Slot = { name: `in.${port}`, type, space: "post" };
      this.#used.set(slot.name, { slot, place: () => this.#l.sums.get(`${node}.${port}`)!.place });
      stores.push({ slot: slot.name, mode: "add", value: this.#arrival });
    }
    const typed = finish(
      stores.map((s) => s.value),
      type,
    );
    const used = [...this.#used.values()];
    const step = simplify(
      expand({
        name: `${this.#c.name}.${this.#c.synapse!.name}`,
        slots: used.map((v) => v.slot),
        stores: stores.map((s, k) => ({ ...s, value: typed[k]! })),
      }),
    );
    const slots = new Set(step.slots.map((s) => s.name));
    const places = used.filter((v) => slots.has(v.slot.name)).map((v) => [v.slot.name, v.place()]);
    return { step, places: Object.fromEntries(places) };
  }

  #statement(s: Statement): void {
    this.#checkNames(s);
    const v = this.#variables.get(s.target) ?? this.#variables.get(`${s.target}_post`);
    if (v && isOwn(s.target, this.#c)) {
      this.#values.set(s.target, toFloat(lowerExpression(assigned(s), this.#meaning)));
      this.#used.set(s.target, v);
    } else this.#arrive(s, v !== undefined);
  }

  /** The target takes what arrives as a sum; nothing else may be done to it, or to the source, from a synapse. */
  #arrive(s: Statement, known: boolean): void {
    const { port } = this.#c.to;
    const fault = (code: "unknown-name" | "unsupported", problem: string): ModelError =>
      faultAt(this.#source, s.targetSpan, code, problem);
    if (s.target !== port && s.target !== `${port}_post`) {
      if (!known) throw fault("unknown-name", `'${s.target}' is not a variable here; known: ${this.#known()}`);
      throw fault(
        "unsupported",
        `this connection adds to '${port}'; a synapse changes its own variables and that port`,
      );
    }
    if (s.op !== "+=" && s.op !== "-=") throw fault("unsupported", "a target variable can only be added to (+=, -=)");
    if (this.#arrival) throw fault("unsupported", "one += for a target variable in a pathway");
    if (this.#p.trigger === "post" && !hasTwoGroups(this.#l.context.net))
      throw fault(
        "unsupported",
        "under this schedule the target has had its step when its spike is seen: use its reset",
      );
    const value = toFloat(lowerExpression(s.value, this.#meaning));
    this.#arrival = s.op === "+=" ? value : negate(value);
  }

  #checkNames(s: Statement): void {
    for (const name of namesIn(s.value))
      if (
        !this.#variables.has(name) &&
        !this.#parameters.has(name) &&
        !UNITS.has(name) &&
        !CONSTANTS.has(name) &&
        name !== "dt"
      )
        throw faultAt(this.#source, s.span, "unknown-name", `unknown name '${name}'; known: ${this.#known()}`);
  }
  #known(): string {
    const source = sourceValues(this.#l.context.net, this.#c.from.node).map((name) => `${name}_pre`);
    return listNames(new Set([...this.#variables.keys(), ...source, ...this.#parameters.keys(), this.#c.to.port]));
  }

  get #meaning(): Lowering {
    return { dt: this.#l.context.net.dt, resolve: (name) => this.#resolve(name), stream: () => this.#noDraws() };
  }
  #resolve(name: string): Expr | undefined {
    const v = this.#variables.get(name);
    if (!v || this.#values.has(name)) return this.#values.get(name) ?? this.#parameters.get(name);
    this.#used.set(name, v);
    return read("f64", v.slot.name);
  }
  #noDraws(): never {
    throw new ModelError("unsupported", this.#source.path, "random draws in a pathway");
  }
}

const ownNames = (c: Connection): string[] => ["w", ...Object.keys(c.synapse!.variables)];
const isOwn = (name: string, c: Connection): boolean => ownNames(c).includes(name);

/** `w` and the synapse's own variables; `x_pre` and `x_post` of the two nodes; time. */
function variablesOf(c: Connection, p: Pathway, { context, sources }: Parts): Map<string, Variable> {
  const { net, type } = context;
  const { node } = c.to;
  const slot = (name: string, space: Space): Slot => ({ name, type, space });
  const out = new Map<string, Variable>();
  for (const { variable, age } of sourceReads(net, c, p)) {
    const left = (steps: number): Place => sources.values.get(`${c.from.node}.${variable}`)!.row(steps);
    const place = (): Place => (age === "now" ? statePlace(c.from.node, variable, context) : left(age));
    out.set(`${variable}_pre`, { slot: slot(`pre.${variable}`, "pre"), place });
  }
  for (const v of floatStates(net.populations[node]!.model))
    out.set(`${v}_post`, { slot: slot(`post.${v}`, "post"), place: () => statePlace(node, v, context) });
  out.set(TIME, { slot: slot(TIME, "uniform"), place: () => runPlace(TIME, context)! });
  const tables = sources.synapses.get(c.name)!;
  for (const name of ownNames(c))
    out.set(name, { slot: slot(name, tables.space(name)), place: () => tables.variable(name) });
  return out;
}
