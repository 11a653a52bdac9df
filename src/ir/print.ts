/**
 * Text for people: a step as SSA, one line a node, operands first, shared nodes once; an expression as infix; a
 * program as buffers and indented loops. The text depends on the value alone, so golden tests and diffs can use it.
 */

import type { DrawnSynapses } from "./drawnRows.ts";
import { type BinaryOp, type CompareOp, type Const, dispatch, type Expr, type ExprTable, operands } from "./expr.ts";
import type { Count, Invoke, Kernel, Node, Place, Program, Term } from "./program.ts";
import { nodes, type Step, type Store } from "./step.ts";
import { BYTES } from "./types.ts";
import type { Axis, Windows } from "./windows.ts";

const indented = (lines: readonly string[]): string[] => lines.map((l) => `  ${l}`);

/** The shortest decimal that gives the constant back in its type. */
export function literal({ type, value }: Const): string {
  if (type === "bool") return value ? "true" : "false";
  if (Object.is(value, -0)) return "-0";
  if (type !== "f32" || !Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9))); // nine digits always suffice for f32
}

/** What a node is, apart from its operands. */
const HEAD: ExprTable<string> = {
  const: (e) => `const ${literal(e)}`,
  read: (e) => `read ${e.slot}`,
  fetch: (e) => `fetch of ${e.count}`,
  index: (e) => `index ${e.of}`,
  unary: (e) => e.op,
  binary: (e) => e.op,
  compare: (e) => e.op,
  select: () => "select",
  convert: () => "convert",
  bitcast: () => "bitcast",
  word: (e) => `word.${e.half}`,
  join: () => "join",
  mulShift: (e) => `mulShift.${e.rounding}.${e.overflow} >>${e.shift}`,
  spike: () => "spike",
  call: (e) => e.fn,
  draw: (e) => `draw.${e.law} #${e.stream}`,
};

/** Numbers the nodes of a step in SSA order. */
export const numbering = (step: Step): Map<Expr, number> => new Map(nodes(step).map((e, k) => [e, k]));

/** The SSA line of one node, such as `%4 = mul %0 %3 : f32`. */
export function printNode(e: Expr, numbers: ReadonlyMap<Expr, number>): string {
  const name = (x: Expr): string => `%${numbers.get(x) ?? "?"}`;
  return `${name(e)} = ${[dispatch(HEAD, e, undefined), ...operands(e).map(name)].join(" ")} : ${e.type}`;
}

export const printStore = (s: Store, numbers: ReadonlyMap<Expr, number>): string =>
  `${s.mode} ${s.slot} = %${numbers.get(s.value) ?? "?"}`;

/** The whole step: slots, values, stores. */
export function printStep(step: Step): string {
  const numbers = numbering(step);
  const body = [
    ...step.slots.map((s) => `${s.space} ${s.name} : ${s.type}`),
    ...[...numbers.keys()].map((e) => printNode(e, numbers)),
    ...step.stores.map((s) => printStore(s, numbers)),
  ];
  return [`step ${step.name}`, ...indented(body)].join("\n");
}

const INFIX: Readonly<Record<BinaryOp, string | undefined>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shr: ">>",
  min: undefined,
  max: undefined,
  mulHi: undefined,
};
const COMPARISON: Readonly<Record<CompareOp, string>> = { lt: "<", le: "<=", gt: ">", ge: ">=", eq: "==", ne: "!=" };

/** Writes an operand: `nested` with brackets around operators, `bare` without. */
interface Writer {
  nested(e: Expr): string;
  bare(e: Expr): string;
}
const applied = (name: string, args: readonly Expr[], { bare }: Writer): string =>
  `${name}(${args.map(bare).join(", ")})`;
const isOperator = (e: Expr): boolean =>
  e.tag === "compare" || e.tag === "select" || (e.tag === "binary" && INFIX[e.op] !== undefined);

const FORMULA: ExprTable<string, Writer> = {
  const: literal,
  read: (e) => e.slot,
  fetch: (e, to) => `${e.table.slot}[${to.bare(e.at)}]`,
  index: (e) => `index(${e.of})`,
  unary: (e, to) =>
    e.op === "neg" ? `-${to.nested(e.a)}` : e.op === "not" ? `!${to.nested(e.a)}` : applied(e.op, [e.a], to),
  binary: (e, to) =>
    INFIX[e.op] ? `${to.nested(e.a)} ${INFIX[e.op]} ${to.nested(e.b)}` : applied(e.op, [e.a, e.b], to),
  compare: (e, to) => `${to.nested(e.a)} ${COMPARISON[e.op]} ${to.nested(e.b)}`,
  select: (e, to) => `${to.nested(e.test)} ? ${to.nested(e.then)} : ${to.nested(e.else)}`,
  convert: (e, to) => applied(e.type, [e.a], to),
  bitcast: (e, to) => applied(`bitcast.${e.type}`, [e.a], to),
  word: (e, to) => applied(`word.${e.half}`, [e.a], to),
  join: (e, to) => applied("join", [e.high, e.low], to),
  mulShift: (e, to) => applied(dispatch(HEAD, e, undefined), operands(e), to),
  spike: (e, to) => applied("spike", [e.a], to),
  call: (e, to) => applied(e.fn, e.args, to),
  draw: (e, to) => applied(dispatch(HEAD, e, undefined), e.args, to),
};

/**
 * One expression as infix. Shared nodes are written out each time, which can double the text at every level, so the
 * text stops after `limit` nodes and writes `…` for the rest.
 */
export function printExpr(e: Expr, limit = 400): string {
  let left = limit;
  const bare = (x: Expr): string => (left-- > 0 ? dispatch(FORMULA, x, { bare, nested }) : "…");
  const nested = (x: Expr): string => (isOperator(x) ? `(${bare(x)})` : bare(x));
  return bare(e);
}

const times = (factor: string, stride: number): string => (stride === 1 ? factor : `${factor}*${stride}`);
function printTerm({ loop, stride, shift = 0, modulo, most }: Term): string {
  const moved = shift === 0 ? loop : `${loop} ${shift < 0 ? "-" : "+"} ${Math.abs(shift)}`;
  if (modulo !== undefined) return times(`(${shift === 0 ? moved : `(${moved})`} % ${modulo})`, stride);
  if (most !== undefined) return times(`min(${moved}, ${most})`, stride);
  return times(shift === 0 ? moved : `(${moved})`, stride);
}
/** An address, such as `hidden.v[s*800 + (t % 2)*40]`. */
export function printPlace({ buffer, offset, terms }: Place): string {
  const parts = terms.map(printTerm);
  if (offset !== 0 || parts.length === 0) parts.push(String(offset));
  return `${buffer}[${parts.join(" + ")}]`;
}
const printCount = (c: Count): string => (typeof c === "number" ? String(c) : printPlace(c));

/** `12x12x12->8x8x64 by 5x5`, and what is not usual. */
function printWindows({ rows, columns, sources, targets, groups }: Windows): string {
  const pair = (key: keyof Axis): string => `${rows[key]}x${columns[key]}`;
  const usual: readonly (readonly [key: keyof Axis, text: string])[] = [
    ["stride", "1x1"],
    ["padding", "0x0"],
    ["dilation", "1x1"],
  ];
  const more = usual.flatMap(([key, text]) => (pair(key) === text ? [] : [`${key} ${pair(key)}`]));
  const grouped = groups === 1 ? [] : [`groups ${groups}`];
  const shapes = `${pair("source")}x${sources}->${pair("target")}x${targets} by ${pair("kernel")}`;
  return `windows=(${[shapes, ...more, ...grouped].join(", ")})`;
}

/** How rows are drawn again, and what is drawn with them. */
function printDrawn({ law, targets, notItself, numbers = {}, ring }: DrawnSynapses): string {
  const { steps, kept } = ring ?? {};
  const parts = [
    `${law.kind} of ${targets}`,
    ...(law.kind === "thinned" ? [`boxes ${law.boxes}`] : []),
    ...(notItself ? ["not itself"] : []),
    ...Object.entries(numbers).map(([name, { step }]) => `${name} ${step.name}`),
    ...(ring ? [`ring ${ring.group} x ${ring.cells}`] : []),
    ...(steps ? ["steps of each"] : []),
    ...(kept ? [`kept ${kept.words} words for ${kept.calls} calls`] : []),
  ];
  return `drawn=(${parts.join(", ")})`;
}
const drawnSteps = ({ law, numbers = {} }: DrawnSynapses): Step[] => [
  ...(law.kind === "thinned" ? [law.step] : []),
  ...Object.values(numbers).map((n) => n.step),
];
/** What is more than a number, as text. */
const printed: Readonly<Record<string, (value: unknown) => string>> = {
  windows: (value) => printWindows(value as Windows),
  drawn: (value) => printDrawn(value as DrawnSynapses),
};

/** Numbers and flags of a structural kernel, by name. */
const attributes = (kernel: Kernel): string[] =>
  Object.entries(kernel)
    .flatMap(([key, value]) =>
      key === "kind" || key === "step" || key === "motion" || value === false
        ? []
        : [value === true ? key : (printed[key]?.(value) ?? `${key}=${value}`)],
    )
    .sort();

function printInvoke({ kernel, args, counts = {} }: Invoke, known: Set<Step>): string[] {
  const steps = [...("step" in kernel ? [kernel.step] : []), ...("motion" in kernel ? [kernel.motion] : [])];
  const inside = kernel.kind === "perSynapse" && kernel.drawn ? drawnSteps(kernel.drawn) : [];
  const numbers = Object.entries(counts).map(([name, c]) => `${name}=${printCount(c)}`);
  const head = [kernel.kind, ...steps.map((s) => s.name), ...attributes(kernel), ...numbers].join(" ");
  const places = Object.entries(args).map(([name, p]) => `${name}: ${printPlace(p)}`);
  const body = [...steps, ...inside].filter((s) => !known.has(s)).flatMap((s) => printStep(s).split("\n"));
  for (const s of [...steps, ...inside]) known.add(s);
  return [head, ...indented([...places, ...body])];
}

function printBody(body: readonly Node[], printed: Set<Step>): string[] {
  return body.flatMap((node) => {
    if (node.tag === "invoke") return printInvoke(node, printed);
    const from = node.from === undefined || node.from === 0 ? "" : ` from ${printCount(node.from)}`;
    const head = `${node.parallel ? "parallel " : ""}${node.scratch ? "scratch " : ""}for ${node.name}${from} count ${printCount(node.count)}${node.reverse ? " reverse" : ""}`;
    return [head, ...indented(printBody(node.body, printed))];
  });
}

/** Buffers with their bytes, then regions; a step used by several kernels is written at its first use. */
export function printProgram(program: Program): string {
  const bytes = program.buffers.map((b) => b.length * BYTES[b.type]);
  const width = Math.max(0, ...program.buffers.map((b) => b.name.length));
  const buffers = program.buffers.map(
    (b, k) => `${b.name.padEnd(width)} : ${b.type}[${b.length}] ${b.role}, ${bytes[k]} bytes`,
  );
  const printed = new Set<Step>();
  const regions = program.regions.flatMap((r) => [`region ${r.name}`, ...indented(printBody(r.body, printed))]);
  const total = bytes.reduce((a, b) => a + b, 0);
  return [`program ${program.name}`, ...indented([`buffers: ${total} bytes`, ...indented(buffers), ...regions])].join(
    "\n",
  );
}
