/**
 * Checks of our own compiler's output, at the borders of each stage. Every complaint is a bug of ours, so it is a
 * plain `Error`. A step: see `verifyStep.ts`. A program: names, loops, addresses that stay inside their buffers,
 * complete and well-typed kernel calls.
 */
import { addresses, rangeOf } from "./address.ts";
import { signatureOf } from "./kernelArguments.ts";
import { type Argument, argumentsOf } from "./kernelExtents.ts";
import { dependsOn, roundVariables, writtenPlaces } from "./parallel.ts";
import { printPlace } from "./print.ts";
import {
  type Buffer,
  type Count,
  type Invoke,
  type Kernel,
  type KernelOf,
  type Loop,
  type Node,
  type Place,
  type Program,
  variablesOf,
} from "./program.ts";
import { nodes, readsOf, type Step, slotOf } from "./step.ts";
import { belongs } from "./together.ts";
import { isInt } from "./types.ts";
import { domainOf, verifyStep } from "./verifyStep.ts";

/** Where we are: path for messages, buffers by name, loops outermost first. */
interface Scope {
  readonly path: string;
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly loops: readonly Loop[];
  /** Bodies that have been checked: programs call most of theirs several times. */
  readonly checked: Set<Step>;
  /** Nodes that have been checked, with what stood around them: regions share many. */
  readonly seen: Map<Node, Set<string>>;
}

function fail(path: string, problem: string): never {
  throw new Error(`verify: ${path}: ${problem}`);
}
const within = (scope: Scope, name: string): Scope => ({ ...scope, path: `${scope.path}.${name}` });

/**
 * Checks a program before it runs.
 *
 * @throws Error naming region, loop, kernel and argument of the first thing that breaks the contract of `program.ts`
 */
export function verifyProgram(program: Program): void {
  const path = `program ${program.name}`;
  unique(
    path,
    "buffers",
    program.buffers.map((b) => b.name),
  );
  unique(
    path,
    "regions",
    program.regions.map((r) => r.name),
  );
  for (const b of program.buffers)
    if (!Number.isInteger(b.length) || b.length < 0) fail(path, `buffer '${b.name}' has length ${b.length}`);
  const buffers = new Map(program.buffers.map((b) => [b.name, b]));
  const checked = new Set<Step>();
  const seen = new Map<Node, Set<string>>();
  for (const r of program.regions)
    verifyBody(r.body, { path: `${path}: ${r.name}`, buffers, loops: [], checked, seen });
}

function unique(path: string, what: string, names: readonly string[]): void {
  const twice = names.find((n, k) => names.indexOf(n) !== k);
  if (twice !== undefined) fail(path, `two ${what} are called '${twice}'`);
}

function verifyBody(body: readonly Node[], scope: Scope): void {
  const around = scope.loops.map(aroundOf).join(" ");
  body.forEach((node, k) => {
    if (isSeen(node, around, scope.seen)) return;
    if (node.tag === "loop") verifyLoop(node, within(scope, node.name));
    else
      verifyInvoke(
        node,
        within(scope, `${k}:${node.kernel.kind}${"step" in node.kernel ? ` ${node.kernel.step.name}` : ""}`),
      );
  });
}

/** What of a loop counts for those within it. */
function aroundOf(l: Loop): string {
  const range = rangeOf(l);
  return `${variablesOf(l).join("/")}:${range ? `${range.low}..${range.high}` : ""}${l.parallel ? "|" : ""}`;
}
function isSeen(node: Node, around: string, seen: Scope["seen"]): boolean {
  const before = seen.get(node);
  if (before?.has(around)) return true;
  if (before) before.add(around);
  else seen.set(node, new Set([around]));
  return false;
}

function verifyLoop(node: Loop, scope: Scope): void {
  if (scope.loops.some((l) => l.name === node.name)) fail(scope.path, `a loop '${node.name}' is already around it`);
  if (node.parallel) verifyParallel(node, scope);
  verifyCount(node.count, within(scope, "count"));
  if (node.from !== undefined) verifyCount(node.from, within(scope, "from"), Number.MIN_SAFE_INTEGER);
  verifyBody(node.body, { ...scope, loops: [...scope.loops, node] });
}

function verifyParallel(loop: Loop, { path, loops }: Scope): void {
  if (loops.some((l) => l.parallel)) fail(path, "a parallel loop stands in no other");
  if (loop.scratch && typeof loop.count !== "number") fail(path, "a scratch loop has a fixed number of rounds");
  const variables = roundVariables(loop);
  for (const { call, argument, place } of writtenPlaces(loop))
    if (!dependsOn(place, variables) && !belongs(argument, call, variables))
      fail(path, `every round would store to ${printPlace(place)} (${call.kernel.kind}, argument '${argument}')`);
}

function verifyCount(c: Count, scope: Scope, least = 0): void {
  if (typeof c !== "number") {
    const buffer = verifyPlace(c, scope);
    if (!isInt(buffer.type)) fail(scope.path, `a count is read from '${c.buffer}', which is ${buffer.type}`);
    verifyBounds(c, 1, buffer, scope);
  } else if (!Number.isInteger(c) || c < least) fail(scope.path, `${c} is not a count`);
}

function verifyPlace(place: Place, scope: Scope): Buffer {
  const { path, buffers, loops } = scope;
  const buffer = buffers.get(place.buffer);
  if (!buffer) fail(path, `no buffer '${place.buffer}'; buffers: ${[...buffers.keys()].join(", ")}`);
  for (const { loop, modulo, most } of place.terms) {
    if (!loops.some((l) => variablesOf(l).includes(loop)))
      fail(path, `${printPlace(place)}: no loop '${loop}' around it`);
    if (modulo !== undefined && !isPowerOfTwo(modulo))
      fail(path, `${printPlace(place)}: modulo ${modulo} is not a power of two`);
    if (most !== undefined && (modulo !== undefined || !Number.isInteger(most)))
      fail(path, `${printPlace(place)}: the most that a loop counts here is an integer, and not round a ring`);
  }
  return buffer;
}
const isPowerOfTwo = (n: number): boolean => Number.isInteger(n) && n > 0 && n <= 2 ** 30 && (n & (n - 1)) === 0;

/** Only what is certain before the run: places whose loops have constant ranges, none of them empty. */
function verifyBounds(place: Place, extent: number, buffer: Buffer, { path, loops }: Scope): void {
  if (loops.some((l) => l.count === 0)) return;
  const range = addresses(place, loops);
  if (!range) return;
  const last = range.high + (Number.isNaN(extent) ? 0 : extent) - 1;
  if (range.low >= 0 && last < buffer.length) return;
  const size = Number.isNaN(extent) ? "" : ` (${extent} elements from each place)`;
  const around = loops
    .map((l) => (rangeOf(l) ? `${l.name} < ${rangeOf(l)!.high + 1}` : `${l.name} unknown`))
    .join(", ");
  fail(
    path,
    `${printPlace(place)} reaches elements ${range.low} to ${last}${size} of ${buffer.length}${around && `; ${around}`}`,
  );
}

function verifyInvoke({ kernel, args, counts = {} }: Invoke, scope: Scope): void {
  verifyKernel(kernel, scope);
  const known = (name: string): number => (typeof counts[name] === "number" ? counts[name] : Number.NaN);
  const signature = signatureOf(kernel);
  const allowed = argumentsOf(kernel, known);
  sameNames(scope.path, "count", Object.keys(counts), signature.counts, signature.counts);
  sameNames(scope.path, "argument", Object.keys(args), signature.args, Object.keys(allowed));
  for (const [name, c] of Object.entries(counts)) verifyCount(c, within(scope, name));
  for (const [name, p] of Object.entries(args)) verifyArgument(p, allowed[name]!, within(scope, name));
  if (kernel.kind === "perSynapse" && kernel.apart) verifyApart(kernel, args, scope.path);
  if (kernel.kind === "perSynapse" && kernel.gathers) verifyGathers(kernel, args, scope.path);
  if (kernel.kind === "perSynapse" && kernel.drawn) verifyDrawn(kernel, scope.path);
  if (kernel.kind === "lateColumns") verifyLate(kernel, args, scope.path);
}

function sameNames(
  path: string,
  what: string,
  given: readonly string[],
  required: readonly string[],
  allowed: readonly string[],
): void {
  const missing = required.find((n) => !given.includes(n));
  if (missing !== undefined) fail(path, `${what} '${missing}' is missing; given: ${given.join(", ")}`);
  const extra = given.find((n) => !allowed.includes(n));
  if (extra !== undefined) fail(path, `no ${what} '${extra}'; it takes: ${allowed.join(", ")}`);
}

function verifyArgument(place: Place, { types, extent }: Argument, scope: Scope): void {
  const buffer = verifyPlace(place, scope);
  if (!types.includes(buffer.type))
    fail(scope.path, `takes ${types.join(" or ")}, but buffer '${buffer.name}' is ${buffer.type}`);
  verifyBounds(place, extent, buffer, scope);
}

/** Synapses that are said to need nothing of each other store what is theirs alone, where no other slot lies. */
function verifyApart({ step, domain }: KernelOf<"perSynapse">, args: Invoke["args"], path: string): void {
  const end = domain === "columns" ? "pre" : "post";
  for (const { slot } of step.stores) {
    const { space } = slotOf(step, slot);
    if (space !== "synapse" && space !== end)
      fail(path, `'${slot}' (${space}) is not of one synapse apart from others`);
    const other = step.slots.find((s) => s.name !== slot && args[s.name]!.buffer === args[slot]!.buffer);
    if (other) fail(path, `'${slot}' is stored where '${other.name}' lies too: synapses are not apart`);
  }
}

/** What a row sums may stay in a register only if nothing else in the row can see it. */
function verifyGathers({ step, domain }: KernelOf<"perSynapse">, args: Invoke["args"], path: string): void {
  const [store, more] = step.stores;
  const slot = store && slotOf(step, store.slot);
  if (domain === "columns" || !store || more || slot?.space !== "pre" || store.mode !== "add")
    fail(path, "a row gathers only by adding to one number of its source");
  const other = step.slots.find((s) => s.name !== store!.slot && args[s.name]!.buffer === args[store!.slot]!.buffer);
  if (other) fail(path, `'${store!.slot}' is gathered where '${other.name}' lies too`);
  if (readsOf(step).has(store!.slot)) fail(path, `'${store!.slot}' is gathered, and read`);
}

/** Events that are put off must find what they would have found: what is the synapse's, or moves with its source. */
function verifyLate({ step, motion, steps }: KernelOf<"lateColumns">, args: Invoke["args"], path: string): void {
  if (!isPowerOfTwo(steps)) fail(path, `lists of ${steps} steps: not a power of two`);
  verifyStep(motion, path);
  const foreign = [
    ...step.slots.filter((s) => s.space !== "synapse" && s.space !== "pre"),
    ...motion.slots.filter((s) => s.space !== "element"),
  ].find(() => true);
  if (foreign) fail(path, `'${foreign.name}' (${foreign.space}) may have changed until a row takes in its events`);
  if ([step, motion].some((s) => nodes(s).some((e) => e.tag === "index")))
    fail(path, "events that are put off have no numbers");
  const other = step.stores.find((s) => slotOf(step, s.slot).space !== "synapse");
  if (other) fail(path, `'${other.slot}' is stored by events that are put off, and is not the synapse's own`);
  for (const { slot } of [...step.stores, ...motion.stores]) {
    const same = [...step.slots, ...motion.slots].find(
      (s) => s.name !== slot && args[s.name]!.buffer === args[slot]!.buffer,
    );
    if (same) fail(path, `'${slot}' is stored where '${same.name}' lies too`);
  }
}

/** Of synapses of drawn rows nothing lies anywhere: a body can ask for no number, nor for what is stored by it. */
function verifyDrawn({ step, domain, full, parts, drawn }: KernelOf<"perSynapse">, path: string): void {
  const other = domain !== "rows" ? domain : full ? "full" : parts ? "parts" : undefined;
  if (other) fail(path, `drawn rows cannot be '${other}'`);
  const { numbers = {}, ring } = drawn!;
  const slot = step.slots.find((s) => s.space === "synapse" && !Object.hasOwn(numbers, s.name));
  if (slot) fail(path, `'${slot.name}' is of synapses, of which drawn rows keep nothing`);
  const stored = step.stores.find((s) => Object.hasOwn(numbers, s.slot));
  if (stored) fail(path, `'${stored.slot}' is drawn again, and cannot be stored`);
  if (ring && !isPowerOfTwo(ring.group)) fail(path, `a ring of ${ring.group} rows: not a power of two`);
  if (nodes(step).some((e) => e.tag === "index" && e.of === "synapse"))
    fail(path, "the body asks for the synapse's number, which drawn rows have not");
}

/** The body fits its skeleton. */
function verifyKernel(kernel: Kernel, { path, checked }: Scope): void {
  if (!("step" in kernel)) return;
  if (!checked.has(kernel.step)) verifyStep(kernel.step, path);
  checked.add(kernel.step);
  const [domain, wanted] = [domainOf(kernel.step), kernel.kind === "perElement" ? "element" : "synapse"];
  if (domain !== "any" && domain !== wanted) fail(path, `the body is for '${domain}'`);
}
