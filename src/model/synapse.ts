/** What a synapse does beyond adding its weight: its variables and its pathways, as equations and statements. */
import { type Dimension, NAMED } from "../base/dimension.ts";
import { type Every, listNames, ModelError, requireFinite, requireInteger, requireKnown } from "../base/errors.ts";
import { parseQuantity, quantityOf } from "../base/quantity.ts";
import { type Calls, callsOf, resolveStatements } from "./calls.ts";
import { delaysOf, LONGEST_DELAY } from "./delays.ts";
import { type Node, namesIn } from "./equations/ast.ts";
import { parseEquations } from "./equations/parseEquations.ts";
import type { Source } from "./equations/source.ts";
import { parseStatements, type Statement } from "./equations/statements.ts";
import { METHOD_NAMES, type MethodName } from "./integrate/methods.ts";
import { isExpression } from "./perSynapse.ts";
import { dynamicsIn, reachableFrom, type SynapseDynamics, valueTypeOf } from "./synapseEquations.ts";
import { type TimedArray, type TimedArraySpec, timedArraysOf } from "./timedArray.ts";
import { settledRead, stillNames, type TimedRead } from "./timedRead.ts";

/** What a synapse does when something triggers it. */
export interface Pathway {
  /** On a spike of the source or of the target, or in every step (`summed` and clocked variables). */
  readonly trigger: "pre" | "post" | "step";
  /** A custom event of the source or of the target that it waits for instead of a spike (Brian's `on_event`). */
  readonly event?: string;
  /** Whole steps, beside the connection's delay (which spikes of the target do not take). */
  readonly delay: number;
  /** A delay that was given as a duration, such as "2 ms": whole steps once the synapse is part of a network. */
  readonly duration?: string;
  /** Pathways of one step run in this order; by default those on target spikes at 1, all others at -1, as in Brian. */
  readonly order: number;
  /**
   * Statements over synapse variables, parameters, `t`, and variables of the source (`x_pre`) and the target (`x_post`, or
   * `x` where the synapse has none of that name), such as `ge_post += w`. `model/timing.ts` says which step's `x_pre` it
   * sees, and who may write what; `x_post` is read as it stands.
   */
  readonly body: string;
}

/** A synapse model, checked. `synapse` makes it; `connect(…, { synapse })` uses it. */
export interface SynapseModel {
  readonly name: string;
  /** Variables of each synapse beside its weight `w`, with their initial values. */
  readonly variables: Readonly<Record<string, number>>;
  readonly parameters: Readonly<Record<string, number>>;
  /** In the order in which they run. */
  readonly pathways: readonly Pathway[];
  /** Equations in Brian's notation; without them nothing is known of units. */
  readonly equations?: string;
  /** What integrates `(clock-driven)` equations, where it was named. */
  readonly method?: MethodName;
  /** With equations: dimensions of the parameters. */
  readonly dimensions?: Readonly<Record<string, Dimension>>;
  /** Functions of expressions, by head, as neurons have them. */
  readonly functions?: Readonly<Record<string, string>>;
  /** Values over time, as neurons have them; a table read by `i` or `j` has a column a source or a target. */
  readonly timedArrays?: Readonly<Record<string, TimedArraySpec>>;
}

/** A pathway as Brian has it: statements, or statements with a delay (whole steps, or such as "2 ms") and an order. */
export type OnSpike = string | { readonly body: string; readonly delay?: string | number; readonly order?: number };

/** A pathway as it is given: its delay in whole steps, or such as "2 ms". */
export type GivenPathway = Pick<Pathway, "trigger" | "body"> &
  Partial<Omit<Pathway, "delay">> & { readonly delay?: string | number };

/** What `synapse` takes. */
export interface SynapseSpec {
  readonly name: string;
  /**
   * Brian's `model`: differential equations `(event-driven)` or `(clock-driven)`, subexpressions, variables, and
   * `x_post = … (summed)`, which adds up over the synapses of a target in every step into the target's `(input)` x (`x_pre`:
   * of a source, into the source's, under schedule `brian`). The weight `w` may be declared; its values are the connection's.
   */
  readonly equations?: string;
  /** Variables with their initial values; with equations: initial values of variables that do not start at 0. */
  readonly variables?: Readonly<Record<string, string | number>>;
  /** Quantities such as "20 ms", or numbers in SI units. */
  readonly parameters?: Readonly<Record<string, string | number>>;
  /** Brian's `on_pre`, `on_post`: one pathway, or several by name, which run in the order of their names where `order` is the same. */
  readonly onPre?: OnSpike | Readonly<Record<string, OnSpike>>;
  readonly onPost?: OnSpike | Readonly<Record<string, OnSpike>>;
  /**
   * Custom events that pathways wait for instead of spikes, where they name none of their own: by name of the pathway, or
   * for all others of a side under `pre` and `post`.
   */
  readonly onEvent?: Readonly<Record<string, string>>;
  readonly pathways?: readonly GivenPathway[];
  readonly method?: MethodName;
  /** Functions for equations and statements: `{ "f(x)": "x**2/(1 + x**2)" }`. */
  readonly functions?: Readonly<Record<string, string>>;
  /**
   * Values over time, which clock-driven equations, sums and statements read as `name(t)`, or at another time as in
   * `name(t - lag)`; of a table as `name(t, i)` the column of the source, as `name(t, j)` that of the target, or of any number.
   */
  readonly timedArrays?: Readonly<Record<string, TimedArraySpec>>;
  /** Dimensions of parameters that are given as plain numbers, beside those that the equations declare. */
  readonly dimensions?: Readonly<Record<string, Dimension>>;
}

const SPEC = {
  ...{ name: true, equations: true, variables: true, parameters: true, onPre: true, onPost: true, onEvent: true },
  ...{ pathways: true, method: true, functions: true, timedArrays: true, dimensions: true },
} as const satisfies Every<SynapseSpec>;
const PATHWAY = {
  ...{ trigger: true, event: true, delay: true, duration: true, order: true, body: true },
} as const satisfies Every<Pathway>;
const ON_SPIKE = { body: true, delay: true, order: true } as const satisfies Every<Exclude<OnSpike, string>>;

/** What every synapse has, and the tables that say where it runs. */
const RESERVED: ReadonlySet<string> = new Set([
  ...["w", "t", "dt", "source", "target", "list", "rowStart", "columnStart", "columnSynapse", "columnSource"],
]);

function checkNames(names: readonly string[], path: string): void {
  for (const [k, name] of names.entries()) {
    if (!/^[A-Za-z_]\w*$/.test(name))
      throw new ModelError("syntax", path, `'${name}' is not a name: a letter followed by letters, digits and _`);
    if (RESERVED.has(name)) throw new ModelError("duplicate-name", path, `'${name}' is reserved; choose another name`);
    if (names.indexOf(name) !== k)
      throw new ModelError("duplicate-name", path, `'${name}' is a variable and a parameter`);
  }
}

/**
 * A synapse that does more than add its weight: variables of its own, equations, and what happens on spikes and in steps.
 *
 * @throws {ModelError} `out-of-range` for a delay that is not a whole number of steps; `syntax` in a body, an equation or a
 *   name; `unknown-name`; `duplicate-name`; `not-finite`; `unsupported`; `shape-mismatch` in a timed array
 */
export function synapse(spec: SynapseSpec): SynapseModel {
  const { name, equations, method } = spec;
  const path = `synapse ${name}`;
  requireKnown(path, spec, SPEC);
  const values = valuesOf(spec.variables ?? {}, path);
  checkNames([...Object.keys(values), ...Object.keys(spec.parameters ?? {})], path);
  requireFinite(path, Object.values(values));
  const pathways = pathwaysIn(spec, path);
  const quantities = Object.entries(spec.parameters ?? {}).map(
    ([x, value]) => [x, parseQuantity(value, `${path}.${x}`)] as const,
  );
  const parameters = Object.fromEntries(quantities.map(([x, q]) => [x, q.value]));
  const timedArrays = spec.timedArrays && asLists(spec.timedArrays);
  const more = { ...(spec.functions && { functions: spec.functions }), ...(timedArrays && { timedArrays }) };
  const plain = { name, variables: values, parameters, pathways, ...more };
  const calls = callsIn({ ...plain, ...(equations !== undefined && { equations }) });
  if (equations === undefined) return checked(plain);
  if (method !== undefined && !METHOD_NAMES.includes(method))
    throw new ModelError(
      "unknown-name",
      `${path}.method`,
      `unknown method '${method}'; known: ${listNames(METHOD_NAMES)}`,
    );
  const given = Object.fromEntries(quantities.map(([x, q]) => [x, spec.dimensions?.[x] ?? q.dimension]));
  const { states, dimensions } = dynamicsIn(
    equations,
    path,
    { parameters: given, initial: Object.keys(values) },
    calls,
  );
  const variables = Object.fromEntries(states.map((s) => [s.name, values[s.name] ?? 0]));
  return checked({ ...plain, variables, equations, dimensions, ...(method !== undefined && { method }) });
}
const asLists = (given: Readonly<Record<string, TimedArraySpec>>): Record<string, TimedArraySpec> =>
  Object.fromEntries(Object.entries(given).map(([x, spec]) => [x, { ...spec, values: Array.from(spec.values) }]));
function checked(s: SynapseModel): SynapseModel {
  if (s.timedArrays) timedReadsOf(s);
  return s;
}

const valuesOf = (given: Readonly<Record<string, string | number>>, path: string): Record<string, number> =>
  Object.fromEntries(
    Object.entries(given).map(([x, value]) => [
      x,
      typeof value === "number" ? value : parseQuantity(oneQuantity(value, `${path}.${x}`), `${path}.${x}`).value,
    ]),
  );
/** Types are not checked in JavaScript. @throws {ModelError} `type-mismatch` for numbers of each synapse */
function oneQuantity(value: unknown, path: string): string {
  if (typeof value === "string" && !isExpression(value)) return value;
  const shown = typeof value === "string" ? `'${value}'` : "something else";
  throw new ModelError(
    "type-mismatch",
    path,
    `must be one number, or a quantity such as "20 ms", got ${shown}: lists, laws and expressions go into 'initial' of connect`,
  );
}

/**
 * The synapse in a network of steps of `dt`: delays that are durations become whole steps.
 * @throws {ModelError} `out-of-range` where they are none
 */
export function inStepsOf(s: SynapseModel, dt: number): SynapseModel {
  if (s.pathways.every((p) => p.duration === undefined)) return s;
  const pathways = s.pathways.map(({ duration, ...p }) =>
    duration === undefined ? p : { ...p, ...delaysOf(duration, `synapse ${s.name}.${p.trigger}.delay`, dt) },
  );
  return { ...s, pathways };
}

const DEFAULT_ORDER = { pre: -1, step: -1, post: 1 } as const;
function pathwaysIn({ pathways = [], onPre, onPost, onEvent = {} }: SynapseSpec, path: string): Pathway[] {
  for (const [k, p] of pathways.entries()) checkPathway(p, `${path}.pathways[${k}]`);
  const given: Given[] = [
    ...pathways,
    ...named("pre", onPre, `${path}.onPre`),
    ...named("post", onPost, `${path}.onPost`),
  ];
  const names = given.flatMap((p) => p.name ?? []);
  for (const x of Object.keys(onEvent))
    if (!["pre", "post", ...names].includes(x))
      throw new ModelError(
        "unknown-name",
        `${path}.onEvent.${x}`,
        `no pathway called '${x}'; known: ${listNames(new Set(["pre", "post", ...names]))}`,
      );
  const waits = ({ name = "", trigger }: Given): { event?: string } => {
    const side = names.includes(trigger) || trigger === "step" ? undefined : onEvent[trigger];
    const event = onEvent[name] ?? side;
    return event === undefined || event === "spike" ? {} : { event };
  };
  const all = given.map((g): Pathway => {
    const { name: _, delay, ...p } = g;
    const late = typeof delay === "string" ? { delay: 0, duration: delay } : { delay: delay ?? 0 };
    return { ...late, order: DEFAULT_ORDER[p.trigger], ...waits(g), ...p };
  });
  for (const p of all) {
    if (p.trigger === "step" && p.event !== undefined)
      throw new ModelError(
        "unsupported",
        `${path}.step`,
        `a pathway of every step waits for no event, got '${p.event}'`,
      );
    requireInteger(`${path}.${p.trigger}.delay`, p.delay, 0, LONGEST_DELAY);
    if (p.duration !== undefined) quantityOf(p.duration, NAMED.second!, `${path}.${p.trigger}.delay`);
    parseStatements({ text: p.body, path: `${path}.${p.trigger}` });
  }
  return all.sort((a, b) => a.order - b.order);
}
/** A pathway that one of several names. */
type Given = GivenPathway & { readonly name?: string };
function named(trigger: "pre" | "post", given: SynapseSpec["onPre"], path: string): Given[] {
  if (given === undefined) return [];
  const one = (p: OnSpike, at: string) => ({ trigger, ...bodyOf(p, at) });
  if (isOne(given)) return [one(given, path)];
  // Brian: those of one order run "based on the alphabetical ordering of their names".
  const byName = Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1));
  return byName.map(([name, p]) => ({ name, ...one(p, `${path}.${name}`) }));
}
function bodyOf(p: OnSpike, path: string): Exclude<OnSpike, string> {
  if (typeof p === "string") return { body: p };
  requireKnown(path, p, ON_SPIKE);
  requireBody(p, path);
  return p;
}
function checkPathway(p: Given, path: string): void {
  requireKnown(path, p, PATHWAY);
  requireBody(p, path);
  if (!Object.hasOwn(DEFAULT_ORDER, String(p.trigger)))
    throw new ModelError("out-of-range", `${path}.trigger`, `must be 'pre', 'post' or 'step', got '${p.trigger}'`);
}
/** @throws {ModelError} `type-mismatch` */
function requireBody({ body }: { readonly body: unknown }, path: string): void {
  if (typeof body === "string") return;
  throw new ModelError(
    "type-mismatch",
    `${path}.body`,
    `must be statements as text, such as "ge_post += w", got ${body}`,
  );
}
const isOne = (x: NonNullable<SynapseSpec["onPre"]>): x is OnSpike =>
  typeof x === "string" || typeof (x as { body?: unknown }).body === "string";

/** What of a synapse happens together: a pathway, the `(clock-driven)` or the `(constant over dt)` equations, or one `(summed)` equation. */
export type Act =
  | { readonly kind: "pathway"; readonly pathway: Pathway; readonly number: number }
  | { readonly kind: "clock" }
  | { readonly kind: "held" }
  | { readonly kind: "summed"; readonly port: string; readonly of: "pre" | "post" };

const known = new WeakMap<SynapseModel, SynapseDynamics>();
/** What the equations of a synapse mean, if it has any. */
export function dynamicsOf(s: SynapseModel): SynapseDynamics | undefined {
  if (s.equations === undefined) return undefined;
  let found = known.get(s);
  if (!found) {
    const given = { parameters: s.dimensions ?? {}, initial: Object.keys(s.variables) };
    known.set(s, (found = dynamicsIn(s.equations, `synapse ${s.name}`, given, callsIn(s))));
  }
  return found;
}

/** The equation of a sum. */
export const summedBy = (d: SynapseDynamics, { port, of }: Extract<Act, { kind: "summed" }>) =>
  d.summed.find((e) => e.port === port && e.of === of)!;
/** What is held for the step first, then sums, then what moves by itself (Brian's order within its slot `groups`), then the pathways. */
export function actsOf(s: SynapseModel): Act[] {
  const dynamics = dynamicsOf(s);
  return [
    ...(dynamics && dynamics.held.length > 0 ? [{ kind: "held" } as const] : []),
    ...(dynamics?.summed.map(({ port, of }): Act => ({ kind: "summed", port, of })) ?? []),
    ...(dynamics && dynamics.clockDriven.length > 0 ? [{ kind: "clock" } as const] : []),
    ...s.pathways.map((pathway, number): Act => ({ kind: "pathway", pathway, number })),
  ];
}
/** Whether it waits for a spike, and whose. */
export const triggerOf = (a: Act): Pathway["trigger"] => (a.kind === "pathway" ? a.pathway.trigger : "step");
/** What leaves a node when it spikes, or when a custom event happens there. */
export const eventPort = (p: { readonly event?: string }): string =>
  p.event === undefined ? "spike" : `spike.${p.event}`;
export const delayIn = (a: Act): number => (a.kind === "pathway" ? a.pathway.delay : 0);

const callsKnown = new WeakMap<SynapseModel, Calls>();
function callsIn(s: SynapseModel): Calls {
  const path = `synapse ${s.name}`;
  let found = callsKnown.get(s);
  if (!found) {
    const timed = timedArraysOf(s.timedArrays ?? {}, `${path}.timedArrays`);
    const still = stillNames(Object.keys(s.parameters), subexpressionsIn(s.equations, path));
    callsKnown.set(s, (found = callsOf(timed, s.functions ?? {}, path, { columns: ["i", "j"], still })));
  }
  return found;
}
/** Its timed arrays, resolved. */
export const timedArraysIn = (s: SynapseModel): readonly TimedArray[] => (s.timedArrays ? callsIn(s).timed : []);
function subexpressionsIn(text: string | undefined, path: string): Map<string, Node> {
  const equations = text === undefined ? [] : parseEquations({ text, path: `${path}.equations` });
  return new Map(equations.flatMap((e) => (e.kind === "subexpression" ? [[e.name, e.value!] as const] : [])));
}
const readsKnown = new WeakMap<SynapseModel, ReadonlyMap<string, TimedRead>>();
/**
 * How a synapse reads timed arrays, by slot.
 * @throws {ModelError} what resolving its statements throws, and `settledRead`
 */
export function timedReadsOf(s: SynapseModel): ReadonlyMap<string, TimedRead> {
  const known = readsKnown.get(s);
  if (known) return known;
  const dynamics = dynamicsOf(s);
  for (const p of s.pathways) statementsOf(s, p);
  const subexpressions = dynamics?.subexpressions ?? [];
  const names = [...subexpressions, ...(dynamics?.states ?? [])].map((e) => [e.name, valueTypeOf(e)] as const);
  const scope = dynamics && new Map([...Object.entries(dynamics.dimensions), ...names]);
  const surroundings = { subexpressions, scope };
  const reads = new Map([...callsIn(s).reads].map(([slot, x]) => [slot, settledRead(x, surroundings)] as const));
  readsKnown.set(s, reads);
  return reads;
}
export const sourceOf = (s: SynapseModel, p: Pathway): Source => ({
  text: p.body,
  path: `synapse ${s.name}.${p.trigger}`,
});
export function statementsOf(s: SynapseModel, p: Pathway): Statement[] {
  const source = sourceOf(s, p);
  return resolveStatements(parseStatements(source), callsIn(s), source);
}

/** Names that an act reads, through subexpressions too. */
export function namesOf(s: SynapseModel, a: Act): Set<string> {
  const dynamics = dynamicsOf(s);
  if (a.kind === "clock" || a.kind === "held")
    return reachableFrom(
      dynamics![a.kind === "clock" ? "clockDriven" : "held"].flatMap((e) => [...namesIn(e.value)]),
      dynamics,
    );
  if (a.kind === "summed") {
    return reachableFrom(namesIn(summedBy(dynamics!, a).value), dynamics);
  }
  const own = statementsOf(s, a.pathway).flatMap((x) => [...namesIn(x.value), ...(x.op === "=" ? [] : [x.target])]);
  return reachableFrom(own, dynamics);
}

/** Whose variable a name is: the synapse's own, the target's (`x_post`, or `x`) or the source's (`x_pre`). */
export interface Target {
  readonly of: "synapse" | "post" | "pre";
  readonly variable: string;
}
export function targetOf(s: SynapseModel, name: string): Target {
  const own = name === "w" || Object.hasOwn(s.variables, name) || Object.hasOwn(s.parameters, name);
  if (own || dynamicsOf(s)?.subexpressions.some((e) => e.name === name)) return { of: "synapse", variable: name };
  if (name.endsWith("_pre")) return { of: "pre", variable: name.slice(0, -"_pre".length) };
  return { of: "post", variable: name.endsWith("_post") ? name.slice(0, -"_post".length) : name };
}
/** Variables of one of the two nodes that an act writes. */
export function writtenBy(s: SynapseModel, a: Act, of: "post" | "pre"): string[] {
  if (a.kind === "clock" || a.kind === "held") return [];
  if (a.kind === "summed") return of === a.of ? [a.port] : [];
  const targets = statementsOf(s, a.pathway).map((x) => targetOf(s, x.target));
  return [...new Set(targets.filter((t) => t.of === of).map((t) => t.variable))];
}
