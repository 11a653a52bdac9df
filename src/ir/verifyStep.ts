/** Checks of a step: names, types, what each store mode needs. Messages print the node and the slot. */
import {
  constant,
  dispatch,
  type Expr,
  type ExprTable,
  type Fetch,
  type IndexOf,
  operands,
  type Read,
  withOperands,
} from "./expr.ts";
import { numbering, printNode, printStore } from "./print.ts";
import { nodes, type Slot, type Space, type Step, type Store, type StoreMode } from "./step.ts";
import { isInt, type Type } from "./types.ts";

/** Whose loop the body belongs to: `any` where it names neither elements nor synapses. */
export type Domain = "element" | "synapse" | "any";

const DOMAIN: Readonly<Record<Space, Domain>> = {
  element: "element",
  uniform: "any",
  pre: "synapse",
  post: "synapse",
  synapse: "synapse",
};

const INDEX: Readonly<Record<IndexOf, Domain>> = {
  element: "element",
  drawBlock: "element",
  drawWord: "element",
  synapse: "synapse",
  pre: "synapse",
  post: "synapse",
};

/** Where it was used: enough to find the node again in `printStep`. */
interface Context {
  readonly path: string;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly numbers: ReadonlyMap<Expr, number>;
}

function fail(path: string, problem: string, line?: string): never {
  throw new Error(`verify: ${path}: ${problem}${line === undefined ? "" : `\n  ${line}`}`);
}
const describe = (s: Slot): string => `'${s.name}' (${s.space} ${s.type})`;

/**
 * Checks a step.
 *
 * @throws Error naming the node or store that breaks the contract of `step.ts`
 */
export function verifyStep(step: Step, path = `step ${step.name}`): void {
  const slots = new Map<string, Slot>();
  for (const s of step.slots) {
    if (slots.has(s.name)) fail(path, `two slots are called '${s.name}'`);
    slots.set(s.name, s);
  }
  domainOf(step, path);
  const context: Context = { path, slots, numbers: numbering(step) };
  for (const e of nodes(step)) {
    verifyTypes(e, context);
    if (e.tag === "read") verifyRead(e, context);
    if (e.tag === "fetch") verifyFetch(e, step, context);
  }
  for (const s of step.stores) verifyStore(s, step, context);
}

/** Which skeleton a body is for. @throws Error if it asks for elements and for synapses */
export function domainOf(step: Step, path = `step ${step.name}`): Domain {
  const asked = new Map<Domain, string>(step.slots.map((s) => [DOMAIN[s.space], `slot ${describe(s)}`]));
  for (const e of nodes(step)) if (e.tag === "index") asked.set(INDEX[e.of], `index '${e.of}'`);
  const [element, synapse] = [asked.get("element"), asked.get("synapse")];
  if (element && synapse) fail(path, `${element} belongs to elements, ${synapse} to synapses`);
  return element ? "element" : synapse ? "synapse" : "any";
}

/** Builds the node again from copies of its operands, so that the constructors check it, whoever made it. */
function verifyTypes(e: Expr, { path, numbers }: Context): void {
  const line = printNode(e, numbers);
  try {
    const again = withOperands(
      e,
      operands(e).map((o) => ({ ...o })),
    );
    if (again.type !== e.type) fail(path, `the type should be ${again.type}`, line);
    const problem = dispatch(LEAF, e, undefined);
    if (problem) fail(path, problem, line);
  } catch (error) {
    if (!(error instanceof Error) || error.message.startsWith("verify:")) throw error;
    fail(path, error.message, line);
  }
}
const fine = (): undefined => undefined;
/** What constructors do not see: a constant outside its type. */
const LEAF: ExprTable<string | undefined> = {
  const: (e) =>
    Object.is(constant(e.type, e.value).value, e.value) ? undefined : `${e.value} is not a value of ${e.type}`,
  read: fine,
  fetch: fine,
  index: fine,
  unary: fine,
  binary: fine,
  compare: fine,
  select: fine,
  convert: fine,
  bitcast: fine,
  word: fine,
  join: fine,
  mulShift: fine,
  spike: fine,
  call: fine,
  draw: fine,
};

function verifyRead(e: Read, { path, slots, numbers }: Context): void {
  const slot = slots.get(e.slot);
  if (!slot)
    fail(path, `reads '${e.slot}', which is not a slot; slots: ${[...slots.keys()].join(", ")}`, printNode(e, numbers));
  if (slot.type !== e.type) fail(path, `reads slot ${describe(slot)} as ${e.type}`, printNode(e, numbers));
}

function verifyFetch(e: Fetch, step: Step, { path, slots, numbers }: Context): void {
  const slot = slots.get(e.table.slot)!;
  const problem =
    slot.space !== "uniform"
      ? "needs a uniform slot"
      : step.stores.some((s) => s.slot === slot.name)
        ? "is from a table, which the step cannot store"
        : undefined;
  if (problem) fail(path, `'fetch' of slot ${describe(slot)} ${problem}`, printNode(e, numbers));
}

/** What is wrong with a store of this mode, if anything. */
type StoreRule = (slot: Slot, value: Type, step: Step) => string | undefined;
const list: StoreRule = (slot, value, step) => {
  if (value !== "bool") return `needs a bool value, got ${value}`;
  if (!isInt(slot.type)) return "needs a slot of u32 or i32";
  if (domainOf(step) === "synapse") return "is for elements";
  if (step.stores.filter((s) => s.slot === slot.name).length > 1) return "and another store would write the same words";
  return nodes(step).some((e) => e.tag === "read" && e.slot === slot.name)
    ? "cannot also be read: it holds no value an element"
    : undefined;
};
const fold: StoreRule = (slot, value, step) => {
  if (domainOf(step) === "synapse") return "folds over elements; a synaptic body uses 'add'";
  if (slot.space !== "uniform") return "needs a uniform slot";
  return value === "bool" || value !== slot.type ? `needs a number of the slot's type, got ${value}` : undefined;
};
const typed: StoreRule = (slot, value) =>
  value === slot.type ? undefined : `needs a value of the slot's type, got ${value}`;

const STORE: Readonly<Record<StoreMode, StoreRule>> = {
  set: typed,
  add: (slot, value, step) => {
    if (value === "bool") return "cannot add bool";
    // Elements are done several at once: only a fold has a defined order into one value.
    if (slot.space === "uniform" && domainOf(step) === "element") return "needs 'sum' into a uniform slot";
    return typed(slot, value, step);
  },
  append: list,
  bits: list,
  sum: fold,
  max: fold,
};

function verifyStore(store: Store, step: Step, { path, slots, numbers }: Context): void {
  const line = `${printStore(store, numbers)}, where ${printNode(store.value, numbers)}`;
  const slot = slots.get(store.slot);
  if (!slot) fail(path, `stores '${store.slot}', which is not a slot; slots: ${[...slots.keys()].join(", ")}`, line);
  const twice = step.stores.some((s) => s !== store && s.slot === store.slot && s.mode === store.mode);
  if (twice) fail(path, `stores ${describe(slot)} twice by '${store.mode}'`, line);
  const problem = STORE[store.mode](slot, store.value.type, step);
  if (problem) fail(path, `'${store.mode}' of slot ${describe(slot)} ${problem}`, line);
}
