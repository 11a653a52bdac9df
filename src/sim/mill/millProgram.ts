/**
 * The program that draws synapses and lays them out, some tens of thousands at a time. Memory is divided into areas. In region
 * `draw` each piece (some rows of one connection) fills an area of its own: who the targets are, the steps, the weights. In
 * the region of a table each fill makes blocks of the pieces of all its connections, for the host to put in place. Pieces and
 * fills are rounds of parallel loops; what each is to do stands in a record.
 */
import { HOST_STEP } from "../../base/random.ts";
import { JOIN_FIELDS } from "../../ir/blocks.ts";
import { BLOCK } from "../../ir/drawnRows.ts";
import { add, compare, draw, type Expr, f64, index, max, min, mul, or, read, select, u32 } from "../../ir/expr.ts";
import { LOOK_BITS } from "../../ir/lookUp.ts";
import {
  along,
  type Buffer,
  type Invoke,
  invoke,
  type KernelOf,
  loop,
  type Place,
  type Program,
  place,
} from "../../ir/program.ts";
import { applyLaw, philox } from "../../ir/random.ts";
import { simplify } from "../../ir/simplify.ts";
import type { Slot, Step } from "../../ir/step.ts";
import type { Type } from "../../ir/types.ts";

export type Blocks = KernelOf<"fillBlocks">;
/** How much there is room for. */
export interface MillShape {
  /** Synapses of an area, whole blocks of words; and how many areas there are. */
  readonly area: number;
  readonly pieces: number;
  /** Rows of a piece. */
  readonly rows: number;
  /** Words of marks, where some choices are distinct. */
  readonly marks: number;
  /** Whether weights are whole numbers somewhere, and whether they are not. */
  readonly units: boolean;
  readonly numbers: boolean;
  /** Of all laws together. */
  readonly cells: number;
  readonly entries: number;
  readonly tables: readonly TableShape[];
}
export interface TableShape {
  readonly kernel: Blocks;
  readonly fills: number;
  /** Words that the blocks of a fill may need. */
  readonly words: number;
  /** Synapses of the longest row. */
  readonly longest: number;
  /** Where its slots begin, and after them those of the next. */
  readonly slots: readonly [from: number, to: number];
}

/** A piece's record, in words. Counts that are 0 leave a kernel nothing to do. */
const PIECE_FIELDS = [
  "firstRow",
  "trials",
  "choices",
  "distinct",
  "targets",
  "notItself",
  "sorted",
  "rowSeed",
  "rowStream",
  "stepBlock",
  "stepBlocks",
  "stepSeed",
  "stepStream",
  "stepSkip",
  "steps",
  "stepFirst",
  "stepCell",
  "stepEntry",
  "weightBlock",
  "weightBlocks",
  "weightSeed",
  "weightStream",
  "weightSkip",
  "units",
  "weightFirst",
  "weightCell",
  "weightEntry",
  "uniform",
  "normal",
  "normalAgain",
] as const;
export type PieceField = (typeof PIECE_FIELDS)[number];
export const PIECE: Readonly<Record<PieceField, number>> = Object.fromEntries(
  PIECE_FIELDS.map((name, k) => [name, k]),
) as Record<PieceField, number>;
export const PIECE_WORDS = 32;
/** Of the numbers of a float law, in f64. */
export const LAW = { factor: 0, offset: 1, scale: 2, low: 3, high: 4 } as const;
export const LAW_NUMBERS = 8;
/** Places of `asked`: of steps and of units. */
export const ASKED = { steps: 0, units: 1 } as const;
export const ASKED_NUMBERS = 4;
export const LOOK_CELLS = 2 ** LOOK_BITS + 1;
/** What begins at rows: one more than there are. */
export const startsOf = ({ rows }: Pick<MillShape, "rows">): number => rows + 16;
export const regionOf = (table: number): string => `table ${table}`;

const slot = (name: string, type: Type, space: Slot["space"]): Slot => ({ name, type, space });
const PLANES = ["w0", "w1", "w2", "w3"] as const;
/** Four words an element: block `first + element` of a numbered stream (`base/random.ts`). */
function wordStep(): Step {
  const [block, seed, stream] = [BLOCK, "seed", "stream"].map((name) => read("u32", name)) as [Expr, Expr, Expr];
  const words = philox([add(index(), block), u32(0), u32(0), u32(HOST_STEP)], seed, stream);
  return simplify({
    name: "words",
    slots: [
      ...[BLOCK, "seed", "stream"].map((name) => slot(name, "u32", "uniform")),
      ...PLANES.map((name) => slot(name, "u32", "element")),
    ],
    stores: PLANES.map((slot, w) => ({ slot, mode: "set", value: words[w]! })),
  });
}
const NUMBERS = ["offset", "scale", "low", "high"] as const;
/** `model/initializer.ts`: what lies outside is put at the bound, or is to be drawn again, which NaN says. */
function numberStep(law: "uniform" | "normal", outside: "again" | "bound"): Step {
  const [offset, scale, low, high] = NUMBERS.map((name) => read("f64", name)) as [Expr, Expr, Expr, Expr];
  const x = add(offset, mul(scale, applyLaw(draw(law, "f64", 0), read("u32", "word"))));
  const out = or(compare("lt", x, low), compare("gt", x, high));
  return simplify({
    name: `${law} ${outside}`,
    slots: [
      slot("word", "u32", "element"),
      ...NUMBERS.map((name) => slot(name, "f64", "uniform")),
      slot("out", "f64", "element"),
    ],
    stores: [
      {
        slot: "out",
        mode: "set",
        value: outside === "bound" ? min(high, max(low, x)) : select(out, f64(Number.NaN), x),
      },
    ],
  });
}
export function millProgram(s: MillShape): Program {
  const tables = s.tables.map(({ kernel }, t) => ({
    name: regionOf(t),
    body: [loop("fill", place("counts", 1), [fillCall(s, kernel, t)], { parallel: true })],
  }));
  return {
    name: "synapses",
    buffers: [...pieceBuffers(s), ...tableBuffers(s)],
    regions: [
      { name: "draw", body: [loop("piece", place("counts", 0), pieceCalls(s), { parallel: true })] },
      ...tables,
    ],
  };
}

const buffer = (name: string, type: Type, length: number): Buffer => ({ name, type, length, role: "work" });
function pieceBuffers(s: MillShape): Buffer[] {
  const { area, pieces } = s;
  const of = (name: string, type: Type, each: number): Buffer => buffer(name, type, pieces * each);
  return [
    buffer("counts", "i32", 2),
    of("pieces", "u32", PIECE_WORDS),
    of("laws", "f64", LAW_NUMBERS),
    of("asked", "i32", ASKED_NUMBERS),
    of("starts", "i32", startsOf(s)),
    of("target", "u32", area),
    of("spare", "u32", area),
    of("bins", "u32", 256),
    of("marks", "u32", s.marks),
    of("planes", "u32", area),
    of("words", "u32", area),
    of("steps", "i32", area),
    of("units", "i32", s.units ? area : 0),
    of("numbers", "f64", s.numbers ? area : 0),
    buffer("cells", "i32", s.cells),
    buffer("bounds", "u32", s.entries),
    buffer("values", "i32", s.entries),
  ];
}

function pieceCalls(s: MillShape): Invoke[] {
  const { area } = s;
  const own = (name: string, stride: number, offset = 0): Place => place(name, offset, along("piece", stride));
  const field = (name: PieceField): Place => own("pieces", PIECE_WORDS, PIECE[name]);
  const number = (name: keyof typeof LAW): Place => own("laws", LAW_NUMBERS, LAW[name]);
  const all = (name: string): Place => own(name, area);
  const rows = { key: field("rowSeed"), out: all("target"), starts: own("starts", startsOf(s)) };
  const lines = { first: field("firstRow"), targets: field("targets"), notItself: field("notItself") };
  const words = (of: "step" | "weight"): Invoke[] => [
    invoke(
      { kind: "perElement", step: WORDS },
      {
        ...{ [BLOCK]: field(`${of}Block`), seed: field(`${of}Seed`), stream: field(`${of}Stream`) },
        ...Object.fromEntries(PLANES.map((name, p) => [name, own("planes", area, (p * area) / 4)])),
      },
      { n: field(`${of}Blocks`) },
    ),
    invoke(
      { kind: "weave", stride: area / 4 },
      { out: all("words"), planes: all("planes") },
      { n: field(`${of}Blocks`) },
    ),
  ];
  const looked = (of: "step" | "weight", out: "steps" | "units"): Invoke =>
    invoke(
      { kind: "lookUp" },
      {
        ...{
          out: all(out),
          words: all("words"),
          cells: place("cells"),
          bounds: place("bounds"),
          values: place("values"),
        },
        ...{ key: field(`${of}Seed`), asked: own("asked", ASKED_NUMBERS, ASKED[out]) },
      },
      {
        ...{ skip: field(`${of}Skip`), n: field(out), first: field(`${of}First`) },
        ...{ cell: field(`${of}Cell`), entry: field(`${of}Entry`) },
      },
    );
  const drawn = (step: Step, n: PieceField): Invoke =>
    invoke(
      { kind: "perElement", step },
      {
        ...{ word: all("words"), out: all("numbers") },
        ...Object.fromEntries(NUMBERS.map((name) => [name, number(name)])),
      },
      { n: field(n) },
    );
  return [
    invoke(
      { kind: "drawRows", law: "trials" },
      { ...rows, factor: number("factor") },
      { ...lines, n: field("trials") },
    ),
    invoke({ kind: "drawRows", law: "choices" }, rows, { ...lines, n: field("choices") }),
    ...(s.marks > 0
      ? [
          invoke(
            { kind: "drawRows", law: "distinct" },
            { ...rows, marks: own("marks", s.marks) },
            { ...lines, n: field("distinct") },
          ),
        ]
      : []),
    invoke(
      { kind: "sortRows" },
      { out: rows.out, starts: rows.starts, spare: all("spare"), bins: own("bins", 256) },
      { n: field("sorted"), below: field("targets") },
    ),
    ...words("step"),
    looked("step", "steps"),
    ...words("weight"),
    ...(s.units ? [looked("weight", "units")] : []),
    ...(s.numbers ? [drawn(UNIFORM, "uniform"), drawn(NORMAL, "normal"), drawn(NORMAL_AGAIN, "normalAgain")] : []),
  ];
}
const WORDS = wordStep();
const UNIFORM = numberStep("uniform", "bound");
const [NORMAL, NORMAL_AGAIN] = [numberStep("normal", "bound"), numberStep("normal", "again")];

function tableBuffers({ tables }: MillShape): Buffer[] {
  const most = (of: (t: TableShape) => number): number => Math.max(0, ...tables.map((t) => t.fills * of(t)));
  if (tables.length === 0) return [];
  return [
    buffer(
      "out",
      "u32",
      most((t) => t.words),
    ),
    buffer(
      "begin",
      "i32",
      most((t) => ROWS * t.kernel.parts),
    ),
    buffer(
      "used",
      "i32",
      most(() => 1),
    ),
    buffer(
      "fills",
      "i32",
      most(() => 1),
    ),
    buffer(
      "joins",
      "i32",
      most((t) => t.kernel.joined * JOIN_FIELDS),
    ),
    buffer(
      "keys",
      "i32",
      most((t) => 2 * t.longest),
    ),
    buffer(
      "next",
      "i32",
      most((t) => nextOf(t.kernel)),
    ),
    buffer("slots", "i32", tables.at(-1)!.slots[1]),
  ];
}
const nextOf = ({ parts, group, groups }: Blocks): number => 2 * parts * group * groups;
/** Rows of a fill. */
export const ROWS = 2048;

function fillCall(s: MillShape, kernel: Blocks, t: number): Invoke {
  const { words, longest, slots } = s.tables[t]!;
  const own = (name: string, stride: number): Place => place(name, 0, along("fill", stride));
  const whole = kernel.weight === "i8" || kernel.weight === "i16";
  return invoke(
    kernel,
    {
      ...{ out: own("out", words), begin: own("begin", ROWS * kernel.parts), used: own("used", 1) },
      ...{ joins: own("joins", kernel.joined * JOIN_FIELDS), keys: own("keys", 2 * longest) },
      ...{ next: own("next", nextOf(kernel)), slots: place("slots", slots[0]) },
      ...{ starts: place("starts"), target: place("target"), steps: place("steps") },
      ...(kernel.weight !== "one" && { weights: place(whole ? "units" : "numbers") }),
    },
    { rows: own("fills", 1) },
  );
}
