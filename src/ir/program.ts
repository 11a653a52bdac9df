/**
 * A program: numbered buffers in one linear memory, and regions of loops around kernel calls.
 * Backends run it; nothing here knows a neuron or a network.
 *
 * A kernel is either a loop skeleton with an IR body (`perElement`, `perSynapse`) or a structural kernel.
 * The interpreter (`backend/interpret`) is the definition of each; every other backend equals it bit for bit.
 */
import type { CountLaw } from "../base/countLaw.ts";
import { COUNT_CHUNK, COUNT_GROUP } from "../base/draws.ts";
import type { DrawnSynapses } from "./drawnRows.ts";
import type { Step } from "./step.ts";
import type { FloatType, Type } from "./types.ts";
import type { Windows } from "./windows.ts";

/** One array in linear memory, 16-byte aligned, zero at the start, followed by at least 16 bytes of slack. */
export interface Buffer {
  readonly name: string;
  readonly type: Type;
  readonly length: number;
  readonly role: Role;
  /** Where each round of a parallel loop has a copy of its own (`parallel.ts`): how many, all in `length`. */
  readonly copies?: number;
  /** Whether the copies are for rounds that run at the same time, not for all: a backend may hold fewer of them. */
  readonly scratch?: boolean;
}
/** `parameter`: what training changes. `constant`: written once by the host. `argument`: written by the host before a run. */
export type Role = "parameter" | "constant" | "argument" | "state" | "tape" | "work" | "output";

/**
 * An address: `offset + Σ stride · ((loop + shift) mod modulo)` elements into a buffer (`modulo` a power of two; without it
 * `loop + shift` itself, or where that is greater, `most`).
 */
export interface Place {
  readonly buffer: string;
  readonly offset: number;
  readonly terms: readonly Term[];
}
export interface Term {
  readonly loop: string;
  readonly stride: number;
  readonly shift?: number;
  readonly modulo?: number;
  /** Instead of `modulo`. */
  readonly most?: number;
}

/** A number fixed when compiling, or an integer read from memory when the loop or call starts. */
export type Count = number | Place;

/** A loop or a kernel call. */
export type Node = Loop | Invoke;
/**
 * Runs the body with the loop variable from `from` (default 0) over `count` values, downwards if `reverse`.
 * A loop that is `parallel` stands outermost in its region or within loops that are not, and its rounds write to different
 * places: a backend may run them at the same time and in any order, and the result is the same. Where it is `scratch` too,
 * a round reads nothing that another left behind, and a second variable (`slotOf`) names the copy of
 * working memory that it uses: any number below `count` that no other round has at that time.
 */
export interface Loop {
  readonly tag: "loop";
  readonly name: string;
  readonly from?: Count;
  readonly count: Count;
  readonly reverse?: boolean;
  readonly parallel?: boolean;
  readonly scratch?: boolean;
  readonly body: readonly Node[];
}
export interface Invoke {
  readonly tag: "invoke";
  readonly kernel: Kernel;
  readonly args: Readonly<Record<string, Place>>;
  readonly counts?: Readonly<Record<string, Count>>;
}

/** Loops and calls that run to their end together. */
export interface Region {
  readonly name: string;
  readonly body: readonly Node[];
}
/** Buffers in one linear memory, and regions that run over them. */
export interface Program {
  readonly name: string;
  readonly buffers: readonly Buffer[];
  readonly regions: readonly Region[];
}

/**
 * The kernels. Argument names are those of the step's slots, or listed here. Rows of matrices are `stride` elements
 * apart; `width` and `stride` are whole vectors (`padded`), and padding is zero and stays zero.
 * `append` and `unpackBits` may leave anything behind the end of a list, within the `n` entries that it could have had.
 */
export type Kernel =
  /**
   * `for i < n: body(i)`, over a `domain`: `range` for first ≤ i < n, and `first` is a multiple of `RANGE`; `list` for
   * i = list[k] (argument `LISTED`), from ≤ k < to, none of them twice, and the body sets or adds only. Counts `n`, `first` and `n`, or `from`
   * and `to`. A slot stored by `append` takes `X` (list), `X.from`, `X.to` (i32 positions).
   */
  | { readonly kind: "perElement"; readonly step: Step; readonly domain?: "range" | "list" }
  /**
   * A body over sparse synapses in (source, synapse) order: all of them, or those of listed sources or targets.
   * Args: slots; `rowStart` (sources + 1), `target` (a synapse's target); for `columns` also `columnStart`
   * (targets + 1), `columnSynapse`, `columnSource` (of each entry of it); for `rows`/`columns`: `list`. Counts: `sources` (all), `from`, `to` (list).
   * Each synapse sees what the ones before it stored. Where rows lie in `parts`, the kernel takes one of each: that of
   * source r is [rowStart[r·parts], rowStart[r·parts + 1]), and the place of `rowStart` says which.
   * Where every source has one synapse to every target (`full`: how many there are of both), there are no tables: synapse
   * (r, c) is number r·targets + c, and rows have the targets first ≤ c < n (counts `first`, `n`).
   * Rows may be `drawn` anew for each event (`drawnRows.ts`), of which those to targets first ≤ c < n count; their synapses
   * have nothing in memory. Choices are as many as `degree` says of each source. Where synapses have numbers that are drawn too, or
   * choices are distinct, `rowStart` says so, and there is room for work: `row` (the longest row), `spare` (as long), `bins` (256),
   * and of distinct choices `marks` (a bit a target, all zero before and after). What is in the room otherwise means nothing, as
   * that for rows that are kept, but that this is zero before the first call.
   * `apart` says that the synapses of one row (of one column, for `columns`) need nothing of each other: none has the same
   * target (source), what is stored belongs to the synapse or to its own end, and no other slot lies where it does.
   * `gathers` says that the body adds to one number of the row's source, reads it not, and no other slot lies where that does.
   * `far` changes nothing: it says that rows lie in tables which no cache holds, so that a backend may ask for all of a call's
   * rows before it works on the first.
   */
  | {
      readonly kind: "perSynapse";
      readonly domain: "all" | "rows" | "columns";
      readonly step: Step;
      readonly parts?: number;
      readonly full?: readonly [sources: number, targets: number];
      readonly apart?: boolean;
      readonly gathers?: boolean;
      readonly far?: boolean;
      readonly drawn?: DrawnSynapses;
    }
  /**
   * What events of targets do to full rows (`perSynapse`), put off until a row is asked for; `LATE` neighbouring rows take it
   * in together. For each step s from `since[g]` to `now` - 1 group g goes through the body, for each target that the step
   * lists and then each source of the group, and then through `motion`, for each source (slots of space `element`, found under
   * the same names); then `since[g]` is `now`. `rows`: the groups of listed sources. `all`: every group, and then `since` is 0.
   * The list of step s is entries [first, ends[k·endStride]) from `events[k·listStride]` on, with k = (start + s) mod `steps`,
   * a power of two. Args slots, `since`, `events`, `ends`, `list`?. Counts `from`, `to` (list), `first`, `start`, `now`.
   */
  | {
      readonly kind: "lateColumns";
      readonly domain: "all" | "rows";
      readonly step: Step;
      readonly motion: Step;
      readonly full: readonly [sources: number, targets: number];
      readonly steps: number;
      readonly listStride: number;
      readonly endStride: number;
    }
  /**
   * Spikes through synapses that take different numbers of steps. `out` is a ring of `group` rows of `cells`: what arrives j
   * steps from now is added in row (phase + j) mod group (`group` is a power of two). Of each source r = list[e],
   * from ≤ e < to, the synapses of one group of delays are gone through, in the order in which they lie. They lie in blocks
   * of `rows` (`blocks.ts`); that of source r has head r·parts of `heads`. Weights: `one` is `w` for all, `i8` and `i16`
   * are whole numbers of `w`, `f32` and `f64` stand as they are. Args `out`, `rows`, `heads`, `list`, `w`?, `visits`?. Counts
   * `from`, `to`, `at` (the group of delays), `phase`.
   *
   * With `noted`, a backend may note in `visits` which segments there are, and go through them later: when so many are noted,
   * in a call with the same `visits`, and in `settle` at the latest. Until then nobody looks at `out`. What a cell gets keeps
   * its order. `visits` has room for `visitWords` numbers of each visit behind a few of the backend's own, which are zero
   * before the first call; what is in it else means nothing.
   */
  | {
      readonly kind: "deliver";
      readonly type: FloatType;
      readonly group: number;
      readonly groups: number;
      readonly cells: number;
      readonly parts: number;
      readonly narrow: boolean;
      readonly weight: WeightForm;
      readonly noted?: number;
    }
  /** What `deliver` with the same `visits` has put off. Args `out`, `visits`, `w`?. Count `phase`. */
  | {
      readonly kind: "settle";
      readonly type: FloatType;
      readonly group: number;
      readonly cells: number;
      readonly narrow: boolean;
      readonly weight: WeightForm;
      readonly noted: number;
    }
  /**
   * Appends to a list of numbers: `out[begin + k] = first + list[from + k]` for from + k < to, and `end` becomes begin + to - from
   * (begin, where there is nothing). Args `out`, `begin`, `end` (which may be the same), `list`. Counts `from`, `to`, `first`.
   */
  | { readonly kind: "enlist" }
  /**
   * Changes nothing: says that `deliver` with the same arguments comes soon, so that a backend may bring the heads nearer.
   * Args `heads`, `list`. Counts `from`, `to`, `at`.
   */
  | {
      readonly kind: "touch";
      readonly group: number;
      readonly groups: number;
      readonly parts: number;
      readonly narrow: boolean;
    }
  /** `out[c] = init[c] + Σ_k (values[k]·) weights[list[k]][c]`, k ascending in [from, to). Args `out`, `weights`, `list`, `init`?, `values`?. Counts `from`, `to`. */
  | {
      readonly kind: "gatherRows";
      readonly type: FloatType;
      readonly width: number;
      readonly stride: number;
      readonly valued: boolean;
      readonly init: boolean;
    }
  /** `out[r][c] = (init[c] | out[r][c] | 0) + Σ_k a[r][k]·b[k][c]`, k ascending; a is at `r·aRow + k·aColumn`. Args `out`, `a`, `b`, `init`?. Counts `rows`, `depth`. */
  | {
      readonly kind: "product";
      readonly type: FloatType;
      readonly width: number;
      readonly bStride: number;
      readonly outStride: number;
      readonly aRow: number;
      readonly aColumn: number;
      readonly start: "zero" | "init" | "out";
    }
  /**
   * `out[j] = Σ_p Σ_c a_p[c]·weights_p[j][c]` for each listed row j (or every j < rows), lane l summing c ≡ l (mod lanes)
   * upwards from 0, through one part after the other, folded (l0 + l1) + (l2 + l3), in f64 l0 + l1. With `accumulate` the
   * sum is added to `out[j]`. Unlisted entries are left alone; no row is listed twice. Widths are whole vectors where there
   * is more than one part. Args `out`, of each part `a` and `weights` (`ofPart`), `list`?. Counts `from`, `to` or `rows`.
   *
   * With `abreast` the same for `samples` (a count) vectors, each with all rows: sample s takes `a_p + s·abreast.a[p]` to
   * `out + s·abreast.out`. Rows are then not listed.
   */
  | {
      readonly kind: "rowDots";
      readonly type: FloatType;
      readonly parts: readonly { readonly width: number; readonly stride: number }[];
      readonly listed: boolean;
      readonly accumulate: boolean;
      readonly abreast?: { readonly a: readonly number[]; readonly out: number };
    }
  /**
   * Gradient of gathered rows: for s < steps, for k in [ends[s], ends[s+1]): `out[list[k]][c] += (values[k]·) delta[s][c]`,
   * each row's additions in order of s. Args `out`, `list`, `ends`, `delta`, `values`?. Count `steps`.
   */
  | {
      readonly kind: "outerRows";
      readonly type: FloatType;
      readonly width: number;
      readonly stride: number;
      readonly deltaStride: number;
      readonly valued: boolean;
    }
  /**
   * Turns lists of rows, one a step, into lists of steps, one a row (a counting sort). The list of group g < groups and step
   * s < steps is entries [ends[g·endsStride + s], ends[g·endsStride + s + 1]) from `list[g·listStride]` on. Entries
   * [starts[r], starts[r + 1]) of `order` become the numbers g·numberStride + s of those lists that name row r < rows, in
   * order of g, then s; `sorted` takes their values along.
   * Args `list`, `ends`, `starts` (rows + 1), `order`, `values`?, `sorted`?. Counts `groups`, `steps`.
   */
  | {
      readonly kind: "transposeLists";
      readonly type: FloatType;
      readonly rows: number;
      readonly listStride: number;
      readonly endsStride: number;
      readonly numberStride: number;
      readonly valued: boolean;
    }
  /**
   * What sources bring to all targets that their windows reach (`windows.ts`): for each source i = list[e], from ≤ e < to (or
   * every source), for each window position k that joins it to a target position t:
   * `out[t][c] += (values[e]·) weights[k, i's channel][c]` for the target channels c of its group; every sum takes its
   * sources in the order of the list. Without a list `values` has a number for every source. Rows of `weights` are `stride`
   * apart. Args `out`, `weights`, `reach` (`reachTable` of sources, without a list of targets), `list`?, `values`?. Counts
   * `from`, `to`.
   */
  | {
      readonly kind: "scatterWindows";
      readonly type: FloatType;
      readonly windows: Windows;
      readonly stride: number;
      readonly listed: boolean;
      readonly valued: boolean;
    }
  /**
   * The other way round, errors that are not zero to all sources that their window sees: for each target position, then each
   * channel t whose error `a[t]` is not zero, for each source position s that window row y and column x join it to:
   * `out[s][c] += a[t]·weights[y, t's channel, x][c]` for the source channels c of its group. Every sum takes targets in
   * their order. Rows of `weights`, which are `[window row][target channel][window column]`, are `stride` apart. `found` has
   * room for the channels of a target; what it holds afterwards is not defined. Args `out`, `a`, `weights`, `reach`
   * (`reachTable` of targets), `found`.
   */
  | { readonly kind: "scatterBack"; readonly type: FloatType; readonly windows: Windows; readonly stride: number }
  /**
   * Errors back through windows: `out[i] = Σ_k Σ_c a[t][c]·weights[k, i's channel][c]` for each listed source i (or every
   * one), over window positions k that join it to a target position t, ascending. Of the channels of its group the c-th
   * goes to vector (c div lanes) mod 4, lane c mod lanes, of four that start at 0 (what a last vector lacks are zeros);
   * folded (v0 + v1) + (v2 + v3), then as in `rowDots`. With `accumulate` the sum is added to `out[i]`. `order` has room
   * (`orderLength`) to sort sources in; what it holds afterwards is not defined.
   * Args `out`, `a`, `weights`, `reach`, `list` and `order` where listed. Counts `from`, `to`.
   */
  | {
      readonly kind: "windowDots";
      readonly type: FloatType;
      readonly windows: Windows;
      readonly stride: number;
      readonly listed: boolean;
      readonly accumulate: boolean;
    }
  /**
   * Gradient of what `scatterWindows` adds: `out[k, i's channel][c] += (values[e]·) a[t][c]`, in the same order.
   * Args `out`, `a`, `reach`, `list` and `order` (room, `outerOrderLength`) where listed, `values`?, `near` (room,
   * `nearLength`) where `gathersErrors`. Counts `from`, `to`.
   */
  | {
      readonly kind: "outerWindows";
      readonly type: FloatType;
      readonly windows: Windows;
      readonly stride: number;
      readonly listed: boolean;
      readonly valued: boolean;
    }
  /**
   * `out[t] += max` of what the window of each target sees of its channel; the first of those that no later one exceeds, by
   * window row, then column, and `index` takes its number. Every window sees something. Args `out`, `a`, `reach`
   * (`reachTable` of targets), `index`?.
   */
  | { readonly kind: "maxPool"; readonly type: FloatType; readonly windows: Windows; readonly indexed: boolean }
  /** `out[index[k]] += a[k]`, k ascending. Args `out`, `index`, `a`. Count `n`. */
  | { readonly kind: "unpool"; readonly type: FloatType }
  /** `out[k] = a[index[k]]`. Args `out`, `index`, `a`. Count `n`. */
  | { readonly kind: "pick"; readonly type: FloatType }
  /** `out[c] += Σ_r a[r·stride + c]` for c < width, r ascending. Args `out`, `a`. Count `rows`. */
  | { readonly kind: "foldRows"; readonly type: FloatType; readonly width: number; readonly stride: number }
  /** Appends the numbers of the set bits among the first `n` to a list. Args `bits`, `list`, `from`, `to`. Count `n`. */
  | { readonly kind: "unpackBits" }
  /**
   * A competition of listed elements. The list of part p < parts is entries [from[p], to[p·stride]) of `list`. Of all of them
   * the `most` with the greatest `key[list[k]]` stay, of equal ones the earlier, in their order; the lists get shorter by the
   * others, and where there is a `flag` it becomes 0 for them. Args `list`, `from`, `to`, `key`, `flag`?.
   */
  | {
      readonly kind: "winners";
      readonly type: FloatType;
      readonly most: number;
      readonly parts: number;
      readonly stride: number;
      readonly flagged: boolean;
    }
  /** Sets the first `n` elements to zero. Args `out`. Count `n`. */
  | { readonly kind: "zero"; readonly type: Type }
  /**
   * Counts of a law of elements first ≤ k < n: `countsOf` of `stream` and `time` (`base/random.ts`), added to what is there if
   * that is not the first time. `first` is a multiple of `RANGE` (or n, where there are none), and ranges of so many are written
   * whole: behind n there may be anything. `open` is `COUNT_OPEN` words for the backend's own use. Args `out`, `open`, and as
   * draws of steps have them `seed`, `sample`, `stepLow`, `stepHigh`. Counts `first`, `n`.
   */
  | {
      readonly kind: "drawCounts";
      readonly type: FloatType;
      readonly stream: number;
      readonly law: CountLaw;
      readonly time: number;
    }
  /**
   * Rows of synapses that are drawn once, from the numbers of lines (`drawnRows.ts`): of k < n the ends of line `first` + k, in
   * the order in which they come, are `out[starts[k]]` to `out[starts[k + 1] - 1]`; with `counts` (by trials) `out[k]` is how
   * many there are. `distinct` choices are those of Floyd (`model/connectivity/degree.ts`), with a bit of `marks` for each end,
   * all zero before and after. `notItself` is 1 where no line is its own end. Args `key` (seed, stream), `out`, `factor`? (of
   * trials), `starts`?, `marks`? (of distinct choices). Counts `first`, `n`, `targets`, `notItself`.
   */
  | { readonly kind: "drawRows"; readonly law: "trials" | "choices" | "distinct" | "counts" }
  /**
   * Sorts numbers below `below` within each row: k < n has `[starts[k], starts[k + 1])` of `out`. Leaves anything in `spare`
   * (as long as a row) and `bins` (256). Args `out`, `starts`, `spare`, `bins`. Counts `n`, `below`.
   */
  | { readonly kind: "sortRows" }
  /** `out[4k + p] = planes[p·stride + k]` for k < n and p from 0 to 3. Args `out`, `planes`. Count `n`. */
  | { readonly kind: "weave"; readonly stride: number }
  /**
   * Whole numbers of a law, by looking random words up: `out[k]` is `values[i]` of the last i with `bounds[i] <= words[k]`, for
   * skip ≤ k < skip + n. Cell c of `cells`, of the words with the same leading `LOOK_BITS` bits, has the i of its first word,
   * and there is one more. `LOOK_AGAIN` stands for what lies outside: words of line `first` + k - skip (of the key) are looked
   * up in its place until one lies inside, and if none of `LOOK_TRIES` does, or what is found is `LOOK_ASK`, that stays, and
   * `asked` is one more. The tables begin at `cell` and at `entry`. Args `out`, `words`, `cells`, `bounds`, `values`, `key`,
   * `asked`. Counts `skip`, `n`, `first`, `cell`, `entry`.
   */
  | { readonly kind: "lookUp" }
  /**
   * Blocks of synapses for `deliver` (`blocks.ts`), of `rows` rows one after the other, each a block a part, at multiples of
   * `BLOCK_ALIGN` words of `out`; `begin` has the first word of each, `used` how many words there are. A row has the synapses
   * of each of the `joins` (fields: `JOIN`), whose targets and steps of delay are in ascending order of target. Steps are
   * turned into slots by `slots`. Leaves anything in `keys` (two for each synapse of the longest row) and `next` (two for each
   * part and slot). Args `out`, `begin`, `used`, `joins`, `starts`, `target`, `steps`, `weights`? (whole numbers of `i8` and
   * `i16`, else f64), `slots`, `keys`, `next`. Counts `rows`.
   */
  | {
      readonly kind: "fillBlocks";
      readonly joined: number;
      readonly group: number;
      readonly groups: number;
      readonly cells: number;
      readonly parts: number;
      readonly narrow: boolean;
      readonly weight: WeightForm;
    };

/** How weights of synapses are stored: none of their own, whole numbers of a unit, or floating point. */
export type WeightForm = "one" | "i8" | "i16" | "f32" | "f64";

/** Rows that take in late events together: what one line of memory of each holds is then used for all of them. */
export const LATE = 8;

/** Where a range of elements may begin: whole words of bits, whole cache lines. */
export const RANGE = 64;
/** Words in which `drawCounts` notes what it returns to. */
export const COUNT_OPEN = (12 * COUNT_CHUNK) / COUNT_GROUP;

export type KernelKind = Kernel["kind"];
export type KernelOf<K extends KernelKind> = Extract<Kernel, { kind: K }>;

/** An address in a buffer. */
export const place = (buffer: string, offset = 0, ...terms: readonly Term[]): Place => ({ buffer, offset, terms });
/** What a loop variable adds to an address: `stride` elements a round. */
export const along = (loop: string, stride: number, wrap: Omit<Term, "loop" | "stride"> = {}): Term => ({
  loop,
  stride,
  ...wrap,
});
/** The same place, moved by a number of elements. */
export const shifted = (p: Place, by: number): Place => ({ ...p, offset: p.offset + by });
/** A loop of `count` rounds. */
export const loop = (
  name: string,
  count: Count,
  body: readonly Node[],
  options: { from?: Count; reverse?: boolean; parallel?: boolean; scratch?: boolean } = {},
): Loop => ({ tag: "loop", name, count, body, ...options });
/** The variable of a `scratch` loop that says where a round works. */
export const slotOf = (loop: Pick<Loop, "name">): string => `${loop.name}.slot`;
/** Variables that a loop gives to its body. */
export const variablesOf = (loop: Loop): string[] => (loop.scratch ? [loop.name, slotOf(loop)] : [loop.name]);
/** A kernel call. */
export const invoke = (kernel: Kernel, args: Invoke["args"], counts: Invoke["counts"] = {}): Invoke => ({
  tag: "invoke",
  kernel,
  args,
  counts,
});

/** Every kernel call of a program with the loops around it, outermost first. */
export function* invocations(
  body: readonly Node[],
  around: readonly Loop[] = [],
): Generator<{ call: Invoke; loops: readonly Loop[] }> {
  for (const node of body) {
    if (node.tag === "invoke") yield { call: node, loops: around };
    else yield* invocations(node.body, [...around, node]);
  }
}
/** Name of an argument that each part of `rowDots` has. */
export const ofPart = (name: "a" | "weights", part: number): string => (part === 0 ? name : `${name}.${part}`);
/** Elements rounded up to whole 16-byte vectors. */
export const padded = (n: number, type: Type = "f32"): number =>
  type === "f64" ? Math.ceil(n / 2) * 2 : Math.ceil(n / 4) * 4;
