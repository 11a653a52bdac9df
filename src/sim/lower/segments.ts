/**
 * Time in segments: of most arrays only the rows of one segment are kept, and before them as many rows of what left as the
 * longest delay reaches back. These rows and the states are all that a segment needs of those before it, so that it can
 * be run again from a copy of them (Chen et al. 2016, arXiv:1604.06174; Gruslys et al. 2016, arXiv:1606.03401).
 */
import { type Expr, i32, max, min, read, sub } from "../../ir/expr.ts";
import { signatureOf } from "../../ir/kernelArguments.ts";
import { along, type Count, invoke, loop, type Node, type Place, place } from "../../ir/program.ts";
import { pruneSlots, type Step } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";
import { copyStep } from "./bodies.ts";
import { type Context, SAMPLE_STEPS, SEGMENT, SEGMENT_REST } from "./context.ts";
import { overSamples } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import type { StateBuffer } from "./populations.ts";
import type { ValueSignal } from "./signals.ts";

/** The loop over all steps of the sample at hand, with or without segments. */
export const overWholeSample = (c: Context, body: readonly Node[], reverse = false): Node[] =>
  body.length === 0 ? [] : [loop("t", c.sampleSteps, body, { reverse })];
/** A place of the segment and step at hand, where steps are counted from the sample's first. */
export const bySampleStep = (p: Place): Place => ({ ...p, terms: p.terms.filter((t) => t.loop !== SEGMENT) });

export const overSegments = (c: Context, body: readonly Node[], reverse = false): Node =>
  loop(SEGMENT, c.segments, [...segmentCounts(c), ...body], { reverse });
/**
 * When a chunk begins a segment: how many steps of it each sample has, and where somebody has asked for that, how many it
 * lacks. What asks must have been made before.
 */
export function segmentCounts(c: Context): Node[] {
  const first = c.segmentTable("segment.starts", (k) => k * c.stepsKept);
  const all = c.ofSample(SAMPLE_STEPS, "i32");
  const own = (what: (length: Expr) => Expr, out: Place): Node => {
    const kernel = { kind: "perElement", step: countsStep(what, c.stepsKept) } as const;
    return invoke(kernel, { all: ofFirst(all), first, out: ofFirst(out) }, { n: c.sampleCount });
  };
  return [
    own((length) => length, c.stepCount),
    ...(c.buffers.has(SEGMENT_REST) ? [own((length) => sub(i32(c.stepsKept), length), c.restCount)] : []),
  ];
}
const ofFirst = (p: Place): Place => ({ ...p, terms: p.terms.filter((t) => t.loop !== "s") });
function countsStep(what: (length: Expr) => Expr, kept: number): Step {
  const [all, first] = [read("i32", "all"), read("i32", "first")];
  return {
    name: "segment.counts",
    slots: [
      { name: "all", type: "i32", space: "element" },
      { name: "first", type: "i32", space: "uniform" },
      { name: "out", type: "i32", space: "element" },
    ],
    stores: [{ slot: "out", mode: "set", value: what(min(max(sub(all, first), i32(0)), i32(kept))) }],
  };
}
/** What happens in a sample's first segment only. */
export function inFirstSegment(c: Context, body: readonly Node[]): Node[] {
  if (body.length === 0) return [];
  return [
    loop(
      "first",
      c.segmentTable("segment.first", (k) => Number(k === 0)),
      body,
    ),
  ];
}
/** How many steps the segment at hand has at most. */
export function segmentLength(c: Context): Count {
  if (!c.hasSegments) return c.options.steps;
  return c.segmentTable("segment.length", (k) => Math.min(c.stepsKept, c.options.steps - k * c.stepsKept));
}

/** How the names of the buffers end that hold what segments start from. */
export const SEGMENT_START = ".segment.start";

/** Rows of what left a node, the oldest first: `count` of them before the segment at hand. */
export interface Past {
  readonly buffer: string;
  readonly type: Type;
  /** Elements of a row, and rows of a sample. */
  readonly row: number;
  readonly rows: number;
  readonly count: number;
}
/** A stretch of each sample that a segment starts from. */
interface Stretch {
  readonly at: Place;
  readonly type: Type;
  readonly length: number;
}

/** What segments start from, and its copies. */
export class SegmentStarts {
  readonly #c: Context;
  readonly #l: Lowered;
  readonly #past: readonly Past[];

  /** @param more rows that only learning keeps */
  constructor(l: Lowered, more: readonly Past[]) {
    this.#c = l.context;
    this.#l = l;
    this.#past = [...pastOf(l), ...more];
  }

  /** Names of all buffers that a sample keeps from one segment to the next. */
  get buffers(): string[] {
    return this.#stretches().map((s) => s.at.buffer);
  }

  /** Of the sample at hand, before its first segment: nothing has left yet, or initial states have. */
  begin(): Node[] {
    const values = [...this.#l.sources.values].flatMap(([key, v]) => this.#initial(key, v));
    const set = new Set(values.map((n) => n.buffer));
    const zeros = this.#past.filter((p) => !set.has(p.buffer));
    return [...values.flatMap((v) => v.nodes), ...zeros.map((p) => zero(stretchOf(p)))];
  }
  /** Rows of the sample at hand that a state filled by value; those in training are written with the state. */
  #initial(key: string, v: ValueSignal): { buffer: string; nodes: Node[] }[] {
    const [node, port] = key.split(".") as [string, string];
    const state = this.#l.populations.get(node)?.states.find((s) => s.name === port);
    if (!state || !this.#past.some((p) => p.buffer === v.name)) return [];
    return [{ buffer: v.name, nodes: state.trained ? [] : this.#filled(state, v) }];
  }
  #filled({ initial }: StateBuffer, v: ValueSignal): Node[] {
    const x = place(this.#c.constant(`${v.name}.before`, initial));
    const copy = invoke(
      { kind: "perElement", step: copyStep(this.#c.type) },
      { x, out: v.past("past") },
      { n: initial.length },
    );
    return [loop("past", v.maxDelay, [copy])];
  }

  /** Of the sample at hand, after a segment: its last rows become those before the next one's. */
  advance(): Node[] {
    return this.#past.map((p) => {
      const to = stretchOf(p);
      const x = { ...to.at, offset: (p.rows - p.count) * p.row };
      return copied(to, x, to.at);
    });
  }

  /** Of the sample at hand. */
  keep(): Node[] {
    return this.#stretches().map((s) => copied(s, s.at, this.#copyOf(s)));
  }
  restore(): Node[] {
    return this.#stretches().map((s) => copied(s, this.#copyOf(s), s.at));
  }
  #stretches(): Stretch[] {
    const c = this.#c;
    const states = [...this.#l.populations.values()].flatMap(({ node, states: own }) =>
      own.map(({ buffer }): Stretch => {
        const length = c.stride(node);
        return { at: place(buffer, 0, along("s", length)), type: c.buffers.get(buffer)!.type, length };
      }),
    );
    return [...states, ...this.#past.map(stretchOf)];
  }
  #copyOf({ at, type, length }: Stretch): Place {
    const { segments, options } = this.#c;
    const buffer = this.#c.buffer(at.buffer + SEGMENT_START, type, options.samples * segments * length, "tape");
    return place(buffer, 0, along("s", segments * length), along(SEGMENT, length));
  }
}

const stretchOf = ({ buffer, type, row, rows, count }: Past): Stretch => ({
  at: place(buffer, 0, along("s", rows * row)),
  type,
  length: count * row,
});
const copied = ({ type, length }: Stretch, x: Place, out: Place): Node =>
  invoke({ kind: "perElement", step: copyStep(type) }, { x, out }, { n: length });
const zero = ({ at, type, length }: Stretch): Node => invoke({ kind: "zero", type }, { out: at }, { n: length });

/** What delays need of spikes and values of populations. */
function pastOf({ sources, context: c }: Lowered): Past[] {
  const spikes = [...sources.spikes.values()].flatMap((s): Past[] => [
    { buffer: s.list, type: "u32", row: s.room, rows: s.rows, count: s.maxDelay },
    { buffer: s.counts, type: "i32", row: 1, rows: s.rows, count: s.maxDelay },
  ]);
  const values = [...sources.values.values()].flatMap((v): Past[] =>
    v.allSteps ? [] : [{ buffer: v.name, type: c.type, row: v.stride, rows: v.rows, count: v.maxDelay }],
  );
  return [...spikes, ...values].filter((p) => p.count > 0);
}

/** What a sample does in a segment besides its steps, and how those differ from the usual ones. */
export interface SegmentWork {
  readonly start?: readonly Node[];
  readonly end: readonly Node[];
  readonly change?: (nodes: readonly Node[]) => Node[];
}
/** The segment at hand of all components: what needs the host alone for all samples first, then sample by sample. */
export function segmentNodes(
  { context: c, forward }: Lowered,
  { start = [], end, change = (nodes) => [...nodes] }: SegmentWork,
): Node[] {
  const steps = (part: "given" | "sample"): Node[] => change(forward.flatMap((f) => f[part].steps));
  return [...overSamples(c, steps("given")), ...overSamples(c, [...start, ...steps("sample"), ...end])];
}
/** What happens once a chunk and once a sample, before the first segment. */
export function startNodes({ context: c, forward }: Lowered, then: readonly Node[]): Node[] {
  const given = forward.flatMap((f) => f.given.once);
  const sample = forward.flatMap((f) => [...f.start, ...f.sample.once]);
  return [...forward.flatMap((f) => f.chunk), ...overSamples(c, [...given, ...sample, ...then])];
}

/** The same calls without the stores that are not wanted, by slot and place. */
export function withoutStores(nodes: readonly Node[], unwanted: (slot: string, at: Place) => boolean): Node[] {
  return nodes.map((node): Node => {
    if (node.tag === "loop") return { ...node, body: withoutStores(node.body, unwanted) };
    const { kernel, args } = node;
    if (kernel.kind !== "perElement") return node;
    const stores = kernel.step.stores.filter(({ slot }) => !unwanted(slot, args[slot]!));
    if (stores.length === kernel.step.stores.length) return node;
    const less = { ...kernel, step: pruneSlots({ ...kernel.step, stores }) };
    const { args: names } = signatureOf(less);
    return { ...node, kernel: less, args: Object.fromEntries(names.map((name) => [name, args[name]!])) };
  });
}
