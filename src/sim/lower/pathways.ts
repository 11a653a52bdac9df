/** What synapses do on a spike or in every step: statements over synapse, source and target variables, as IR bodies. */
import { listNames, ModelError } from "../../base/errors.ts";
import { expand } from "../../ir/expand.ts";
import { type Expr, f64, read } from "../../ir/expr.ts";
import { along, invoke, type Node, type Place, place } from "../../ir/program.ts";
import { simplify } from "../../ir/simplify.ts";
import { type Slot, type Space, type Step, type Store } from "../../ir/step.ts";
import { namesIn } from "../../model/equations/ast.ts";
import { BUILTINS, CONSTANTS } from "../../model/equations/functions.ts";
import { faultAt, type Source } from "../../model/equations/source.ts";
import { assigned, parseStatements, type Statement } from "../../model/equations/statements.ts";
import { finish } from "../../model/finish.ts";
import { lower as lowerExpression } from "../../model/lower.ts";
import { toFloat } from "../../model/values.ts";
import { UNITS } from "../../base/units.ts";
import { type Connection } from "../../model/connection.ts";
import { type Pathway } from "../../model/synapse.ts";
import { type Context } from "./context.ts";
import { signalOf } from "./contributions.ts";
import { type Events } from "./signals.ts";
import { type Lowered } from "./lower.ts";

type Parts = Pick<Lowered, "context" | "sources" | "sums">;

/** Kernel calls of a connection's pathways: those on target spikes (`post`), or all others. */
export function pathwayNodes(c: Connection, post: boolean, l: Parts): Node[] {
  return c.synapse!.pathways.filter((p) => (p.trigger === "post") === post).map((p) => pathwayNode(c, p, l));
}

function pathwayNode(c: Connection, p: Pathway, l: Parts): Node {
  const { step, places } = pathwayBody(c, p, l);
  const tables = l.sources.synapses.get(c.name)!;
  if (p.trigger === "step")
    return invoke({ kind: "perSynapse", domain: "all", step }, { ...places, ...tables.rows }, { sources: l.context.size(c.from.node) });
  const events = p.trigger === "pre" ? sourceEvents(c, p, l) : l.sources.spikes.get(c.to.node)!.events(p.delay);
  const domain = p.trigger === "pre" ? "rows" : "columns";
  return invoke({ kind: "perSynapse", domain, step }, { ...places, ...(p.trigger === "pre" ? tables.rows : tables.columns), list: events.list }, { from: events.from, to: events.to });
}

function sourceEvents(c: Connection, p: Pathway, l: Parts): Events {
  const signal = signalOf({ ...c, delay: c.delay + p.delay }, l.context, l.sources);
  if (signal.kind !== "spikes") throw new ModelError("unsupported", `connection ${c.name}`, "a pathway on source spikes needs a source that spikes");
  return signal.events;
}

interface Variable { readonly slot: Slot; readonly place: Place }

/** Resolves the names of a body, and turns its statements into stores. */
function pathwayBody(c: Connection, p: Pathway, l: Parts): { step: Step; places: Record<string, Place> } {
  const source: Source = { text: p.body, path: `synapse ${c.synapse!.name}.${p.trigger}` };
  const variables = variablesOf(c, l);
  const used = new Map<string, Variable>();
  const values = new Map<string, Expr>();
  const parameters = new Map(Object.entries(c.synapse!.parameters).map(([name, x]) => [name, f64(x)]));
  const resolve = (name: string): Expr | undefined => {
    const v = variables.get(name);
    if (!v || values.has(name)) return values.get(name) ?? parameters.get(name);
    used.set(v.slot.name, v);
    return read("f64", v.slot.name);
  };
  const meaning = { dt: l.context.net.dt, resolve, stream: noDraws(c) };
  const sums = new Map<string, Expr>();
  for (const s of parseStatements(source)) {
    checkNames(s, source, new Set([...variables.keys(), ...parameters.keys()]));
    const v = variables.get(s.target) ?? variables.get(`${s.target}_post`);
    if (!v) throw faultAt(source, s.targetSpan, "unknown-name", `'${s.target}' is not a variable here; known: ${listNames(variables.keys())}`);
    if (v.slot.space === "synapse") values.set(s.target, toFloat(lowerExpression(assigned(s), meaning)));
    else arrival(s, c, source, sums, toFloat(lowerExpression(s.value, meaning)));
  }
  return assemble(c, l, used, variables, values, sums);
}

/** Target variables take what arrives as a sum; nothing else may be done to them from a synapse. */
function arrival(s: Statement, c: Connection, source: Source, sums: Map<string, Expr>, value: Expr): void {
  const name = s.target.replace(/_post$/, "");
  if (name !== c.to.port) throw faultAt(source, s.targetSpan, "unsupported", `this connection adds to '${c.to.port}'; for '${name}' make another with port: "${name}"`);
  if (s.op !== "+=") throw faultAt(source, s.targetSpan, "unsupported", "a target variable can only be added to (+=)");
  if (sums.has(name)) throw faultAt(source, s.targetSpan, "unsupported", "one += for a target variable in a pathway");
  sums.set(name, value);
}

function checkNames(s: Statement, source: Source, known: ReadonlySet<string>): void {
  for (const name of namesIn(s.value))
    if (!known.has(name) && !UNITS.has(name) && !CONSTANTS.has(name) && !BUILTINS.has(name))
      throw faultAt(source, s.span, "unknown-name", `unknown name '${name}'; known: ${listNames(known)}`);
}
const noDraws = (c: Connection) => (): never => {
  throw new ModelError("unsupported", `connection ${c.name}`, "random draws in a pathway");
};

/** `w` and the synapse's own variables; `x_pre` and `x_post` of the two populations. */
function variablesOf(c: Connection, { context, sources }: Parts): Map<string, Variable> {
  const { type } = context;
  const tables = sources.synapses.get(c.name)!;
  const slot = (name: string, space: Space): Slot => ({ name, type, space });
  const out = new Map<string, Variable>();
  for (const name of ["w", ...Object.keys(c.synapse!.variables)]) out.set(name, { slot: slot(name, "synapse"), place: tables.variable(name) });
  for (const [side, node] of [["pre", c.from.node], ["post", c.to.node]] as const) {
    const states = context.net.populations[node]?.model.variables ?? [];
    for (const v of states.filter((v) => v.type === "float")) out.set(`${v.name}_${side}`, { slot: slot(`${side}.${v.name}`, side), place: statePlace(node, v.name, context) });
  }
  return out;
}
function statePlace(node: string, variable: string, c: Context): Place {
  const stride = c.stride(node);
  return place(c.buffer(`${node}.${variable}`, c.type, c.options.samples * stride, "state"), 0, along("s", stride));
}

function assemble(c: Connection, l: Parts, used: ReadonlyMap<string, Variable>, variables: ReadonlyMap<string, Variable>, values: ReadonlyMap<string, Expr>, sums: ReadonlyMap<string, Expr>): { step: Step; places: Record<string, Place> } {
  const { type } = l.context;
  const stores: Store[] = [
    ...[...values].map(([name, value]): Store => ({ slot: name, mode: "set", value })),
    ...[...sums].map(([name, value]): Store => ({ slot: `in.${name}`, mode: "add", value })),
  ];
  const typed = finish(stores.map((s) => s.value), type);
  const touched = new Map([...used, ...[...values.keys()].map((name) => [name, variables.get(name)!] as const)]);
  const step = simplify(expand({
    name: `${c.name}.${c.synapse!.name}`,
    slots: [...[...touched.values()].map((v) => v.slot), ...[...sums.keys()].map((name): Slot => ({ name: `in.${name}`, type, space: "post" }))],
    stores: stores.map((s, k) => ({ ...s, value: typed[k]! })),
  }));
  const places: Record<string, Place> = Object.fromEntries([...touched.values()].map((v) => [v.slot.name, v.place]));
  for (const name of sums.keys()) places[`in.${name}`] = l.sums.get(`${c.to.node}.${name}`)!.place;
  return { step, places };
}
