/** Which arguments and counts each kernel takes, in a fixed order: the calling convention of every backend. */
import { hasUnit } from "./blocks.ts";
import { drawnArguments, drawnWork, isKept } from "./drawnRows.ts";
import { type Kernel, type KernelKind, type KernelOf, ofPart } from "./program.ts";
import type { Step } from "./step.ts";
import { gathersErrors } from "./windows.ts";

interface Signature {
  readonly args: readonly string[];
  readonly counts: readonly string[];
}

/** The list of `perElement` over listed elements: no variable is called so. */
export const LISTED = "domain.list";

const when = (condition: boolean, ...names: string[]): string[] => (condition ? names : []);

const slotArguments = (step: Step): string[] => {
  const appended = new Set(step.stores.filter((s) => s.mode === "append").map((s) => s.slot));
  return step.slots.flatMap(({ name }) => [name, ...when(appended.has(name), `${name}.from`, `${name}.to`)]);
};

const lateSlots = ({ step, motion }: KernelOf<"lateColumns">): string[] => [
  ...new Set([...step.slots, ...motion.slots].map((s) => s.name)),
];

const SIGNATURES: { readonly [K in KernelKind]: (k: KernelOf<K>) => Signature } = {
  perElement: (k) => ({
    args: [...slotArguments(k.step), ...when(k.domain === "list", LISTED)],
    counts: k.domain === "list" ? ["from", "to"] : [...when(k.domain === "range", "first"), "n"],
  }),
  perSynapse: (k) => ({
    args: [
      ...slotArguments(k.step).filter((name) => !k.drawn?.numbers || !Object.hasOwn(k.drawn.numbers, name)),
      ...(k.drawn ? drawnArguments(k.drawn) : []),
      ...(k.full || k.drawn
        ? []
        : k.domain === "columns"
          ? ["columnStart", "columnSynapse", "columnSource"]
          : ["rowStart", "target"]),
      ...when(k.domain !== "all", "list"),
    ],
    counts: [
      ...(k.domain === "all" ? ["sources"] : ["from", "to"]),
      ...when(k.drawn !== undefined || (k.full !== undefined && k.domain !== "columns"), "first", "n"),
      ...when(k.drawn?.ring !== undefined, "since", "phase"),
      ...when(k.drawn !== undefined && isKept(k.drawn), "at"),
    ],
  }),
  lateColumns: (k) => ({
    args: [...lateSlots(k), "since", "events", "ends", ...when(k.domain === "rows", "list")],
    counts: [...when(k.domain === "rows", "from", "to"), "first", "start", "now"],
  }),
  deliver: (k) => ({
    args: ["out", "rows", "heads", "list", ...when(hasUnit(k.weight), "w"), ...when(k.noted !== undefined, "visits")],
    counts: ["from", "to", "at", "phase"],
  }),
  enlist: () => ({ args: ["out", "begin", "end", "list"], counts: ["from", "to", "first"] }),
  settle: (k) => ({ args: ["out", "visits", ...when(hasUnit(k.weight), "w")], counts: ["phase"] }),
  touch: () => ({ args: ["heads", "list"], counts: ["from", "to", "at"] }),
  gatherRows: (k) => ({
    args: ["out", "weights", "list", ...when(k.init, "init"), ...when(k.valued, "values")],
    counts: ["from", "to"],
  }),
  product: (k) => ({ args: ["out", "a", "b", ...when(k.start === "init", "init")], counts: ["rows", "depth"] }),
  rowDots: (k) => ({
    args: ["out", ...k.parts.flatMap((_, p) => [ofPart("a", p), ofPart("weights", p)]), ...when(k.listed, "list")],
    counts: k.listed ? ["from", "to"] : ["rows", ...when(k.abreast !== undefined, "samples")],
  }),
  outerRows: (k) => ({ args: ["out", "list", "ends", "delta", ...when(k.valued, "values")], counts: ["steps"] }),
  transposeLists: (k) => ({
    args: ["list", "ends", "starts", "order", ...when(k.valued, "values", "sorted")],
    counts: ["groups", "steps"],
  }),
  scatterWindows: (k) => ({
    args: ["out", "weights", "reach", ...when(k.listed, "list"), ...when(k.valued, "values")],
    counts: when(k.listed, "from", "to"),
  }),
  scatterBack: () => ({ args: ["out", "a", "weights", "reach", "found"], counts: [] }),
  windowDots: (k) => ({
    args: ["out", "a", "weights", "reach", ...when(k.listed, "list", "order")],
    counts: when(k.listed, "from", "to"),
  }),
  outerWindows: (k) => ({
    args: [
      ...["out", "a", "reach"],
      ...when(k.listed, "list", "order"),
      ...when(k.valued, "values"),
      ...when(gathersErrors(k), "near"),
    ],
    counts: when(k.listed, "from", "to"),
  }),
  maxPool: (k) => ({ args: ["out", "a", "reach", ...when(k.indexed, "index")], counts: [] }),
  unpool: () => ({ args: ["out", "index", "a"], counts: ["n"] }),
  pick: () => ({ args: ["out", "index", "a"], counts: ["n"] }),
  foldRows: () => ({ args: ["out", "a"], counts: ["rows"] }),
  unpackBits: () => ({ args: ["bits", "list", "from", "to"], counts: ["n"] }),
  winners: (k) => ({ args: ["list", "from", "to", "key", ...when(k.flagged, "flag")], counts: [] }),
  zero: () => ({ args: ["out"], counts: ["n"] }),
  drawCounts: () => ({ args: ["out", "open", "seed", "sample", "stepLow", "stepHigh"], counts: ["first", "n"] }),
  drawRows: ({ law }) => ({
    args: [
      ...["key", "out"],
      ...when(law === "trials" || law === "counts", "factor"),
      ...when(law !== "counts", "starts"),
      ...when(law === "distinct", "marks"),
    ],
    counts: ["first", "n", "targets", "notItself"],
  }),
  sortRows: () => ({ args: ["out", "starts", "spare", "bins"], counts: ["n", "below"] }),
  weave: () => ({ args: ["out", "planes"], counts: ["n"] }),
  lookUp: () => ({
    args: ["out", "words", "cells", "bounds", "values", "key", "asked"],
    counts: ["skip", "n", "first", "cell", "entry"],
  }),
  fillBlocks: ({ weight }) => ({
    args: [
      ...["out", "begin", "used", "joins", "starts", "target", "steps"],
      ...when(weight !== "one", "weights"),
      ...["slots", "keys", "next"],
    ],
    counts: ["rows"],
  }),
};

export function signatureOf(kernel: Kernel): Signature {
  let known = KNOWN.get(kernel);
  if (!known) KNOWN.set(kernel, (known = (SIGNATURES[kernel.kind] as (k: Kernel) => Signature)(kernel)));
  return known;
}
/** Everybody asks, several times. */
const KNOWN = new WeakMap<Kernel, Signature>();

/** Arguments that a kernel stores to. */
const WRITES: { readonly [K in KernelKind]: (k: KernelOf<K>) => readonly string[] } = {
  perElement: (k) => storedArguments(k.step),
  perSynapse: ({ step, drawn }) => [...storedArguments(step), ...(drawn ? drawnWork(drawn) : [])],
  lateColumns: (k) => [...storedArguments(k.step), ...storedArguments(k.motion), "since"],
  deliver: (k) => ["out", ...when(k.noted !== undefined, "visits")],
  settle: () => ["out", "visits"],
  enlist: () => ["out", "end"],
  touch: () => [],
  gatherRows: () => ["out"],
  product: () => ["out"],
  rowDots: () => ["out"],
  outerRows: () => ["out"],
  transposeLists: (k) => ["starts", "order", ...when(k.valued, "sorted")],
  scatterWindows: () => ["out"],
  scatterBack: () => ["out", "found"],
  windowDots: (k) => ["out", ...when(k.listed, "order")],
  outerWindows: (k) => ["out", ...when(k.listed, "order"), ...when(gathersErrors(k), "near")],
  maxPool: (k) => ["out", ...when(k.indexed, "index")],
  unpool: () => ["out"],
  pick: () => ["out"],
  foldRows: () => ["out"],
  unpackBits: () => ["list", "to"],
  winners: (k) => ["list", "to", ...when(k.flagged, "flag")],
  zero: () => ["out"],
  drawCounts: () => ["out", "open"],
  drawRows: ({ law }) => ["out", ...when(law === "distinct", "marks")],
  sortRows: () => ["out", "spare", "bins"],
  weave: () => ["out"],
  lookUp: () => ["out", "asked"],
  fillBlocks: () => ["out", "begin", "used", "keys", "next"],
};
const storedArguments = (step: Step): string[] =>
  step.stores.flatMap(({ slot, mode }) => [slot, ...when(mode === "append", `${slot}.to`)]);

export const writesOf = (kernel: Kernel): readonly string[] => (WRITES[kernel.kind] as (k: Kernel) => string[])(kernel);
