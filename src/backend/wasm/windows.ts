/**
 * What goes through windows: a source's row of weights for each target that it reaches. Where those lie, a table tells for
 * each row and column of sources; the innermost loop goes along a row of targets, whose channels lie side by side.
 *
 * Sources go in groups, so that what they share moves once for all of them: those of one position add to the same targets;
 * those of one channel read, or add to, the same rows of weights.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { gathersErrors, groupSources, groupTargets, movesOf, type Windows, windowSize } from "../../ir/windows.ts";
import type { Emitter } from "./code.ts";
import { type Grouping, type Member, overGroups, type Through } from "./groups.ts";
import type { KernelContext } from "./kernel.ts";
import { outerGathered, worthGathering } from "./outerGathered.ts";
import { BLOCK, isWhole, loadPiece, type Piece, piecesOf, storePiece } from "./pieces.ts";
import { counted, divided, plus, repeated } from "./reach.ts";
import { sumWindows } from "./sumWindows.ts";
import { pushScaled, range, splat } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

export function scatterWindows(k: KernelOf<"scatterWindows">, c: KernelContext): void {
  if (!k.listed) return sumWindows(k, c);
  addRows(k, c, { target: "out", weights: "weights", shared: "target" });
}
export function outerWindows(k: KernelOf<"outerWindows">, c: KernelContext): void {
  const bySource = (): void => addRows(k, c, { target: "a", weights: "out", shared: "weights" });
  if (!gathersErrors(k)) return bySource();
  c.pushCount("to");
  c.pushCount("from");
  c.f.op("i32.sub");
  c.f.i32(worthGathering(k.windows));
  c.f.op("i32.lt_s");
  c.f.if(bySource, () => outerGathered(k, c));
}

/** Arguments that lie as targets and as weights do, and which of the two the sources of a group share. */
interface Ends {
  readonly target: string;
  readonly weights: string;
  readonly shared: "target" | "weights";
  /** Local with the only row of windows that counts; all where there is none. */
  readonly row?: number | undefined;
}

/** Vectors that a source moves, from which on it pays to look whom it goes with. */
const WORTH = 8;
const grouping = (k: Through, common: Grouping["common"], most: Grouping["most"]): Grouping => {
  const vectors = windowSize(k.windows) * piecesOf(k.type, groupTargets(k.windows)).length;
  return { common, most: vectors < WORTH ? 1 : most };
};

/** Pieces in a turn of a loop; of these each is stored before the next is loaded. */
const ADD_TURN = 16;
/** Sources that add together: a vector of each, their values and the sum fit the registers only just where they have values. */
const ADD_MOST = 8;
/** `shared += (value ·) own`, for all that sources reach. */
function addRows(k: KernelOf<"scatterWindows" | "outerWindows">, c: KernelContext, ends: Ends): void {
  const { f } = c;
  const sum = f.local("v128");
  const pieces = piecesOf(k.type, groupTargets(k.windows));
  const values = range(ADD_MOST).map(() => f.local("v128"));
  byWindowRows(k, c, ends, (row) =>
    overGroups(k, c, grouping(k, ends.shared === "target" ? "position" : "channel", ADD_MOST), (members) => {
      if (k.valued)
        members.forEach(({ entry }, n) => {
          pushScaled(f, c.ptr("values"), entry, BYTES[k.type]);
          f.op(splat(k.type), 0);
          f.set(values[n]!);
        });
      overHits(k, c, members, { ...ends, row }, ({ shared, own }) =>
        overRow(f, { pieces, turn: ADD_TURN }, [shared, ...own], ([to, ...from], piece) => {
          loadPiece(f, to!, piece);
          from.forEach((row, n) => {
            if (k.valued) f.get(values[n]!);
            loadPiece(f, row, piece);
            if (k.valued) f.op(`${shapeOf(k.type)}.mul`);
            f.op(`${shapeOf(k.type)}.add`);
          });
          f.set(sum);
          storePiece(f, to!, piece, sum);
        }),
      );
    }),
  );
}

/** Bytes of weights that stay in a second-level cache beside all else that a training step has there. */
const CACHED = 2 ** 18;
/**
 * Runs the body once, or for each row of windows with a local that holds its number, where their weights are more than a cache
 * holds. A target takes its sources in their order all the same: those further down reach it through later rows.
 */
function byWindowRows(k: Through, c: KernelContext, { shared }: Ends, body: (row?: number) => void): void {
  const { rows } = k.windows;
  const bytes = windowSize(k.windows) * rowBytes(k).weightRow;
  if (shared !== "target" || bytes <= CACHED || rows.kernel === 1 || movesOf("source", rows).position !== 1)
    return body();
  const row = c.f.local("i32");
  counted(c.f, row, rows.kernel, () => body(row));
}

/** Vectors that the channels of a target go to in turn: as many chains of additions. */
const CHAINS = 4;
export function windowDots(k: KernelOf<"windowDots">, c: KernelContext): void {
  const { f } = c;
  const pieces = piecesOf(k.type, groupTargets(k.windows));
  const chains = range(2).map(() => range(CHAINS).map(() => f.local("v128")));
  const [at, w] = [f.local("i32"), f.local("v128")];
  overGroups(k, c, grouping(k, "channel", 2), (members) => {
    const sums = chains.slice(0, members.length);
    for (const s of sums.flat()) {
      f.op("v128.const", "i32x4", [0, 0, 0, 0]);
      f.set(s);
    }
    const block = BLOCK / members.length;
    overHits(k, c, members, { target: "a", weights: "weights", shared: "weights" }, ({ shared, own }) => {
      overRow(f, { pieces, turn: CHAINS }, [shared, ...own], ([weights, ...errors], piece, v) => {
        if (v > 0 && v % block === 0) {
          // Never taken: it ends a basic block.
          f.get(weights!);
          f.op("i32.eqz");
          f.op("br_if", 1);
        }
        loadPiece(f, weights!, piece);
        f.set(w);
        errors.forEach((a, n) => {
          const s = sums[n]![v % CHAINS]!;
          f.get(s);
          loadPiece(f, a, piece);
          f.get(w);
          f.op(`${shapeOf(k.type)}.mul`);
          f.op(`${shapeOf(k.type)}.add`);
          f.set(s);
        });
      });
    });
    members.forEach(({ source }, n) => {
      pushScaled(f, c.ptr("out"), source, BYTES[k.type]);
      f.set(at);
      storeFolded(f, k, at, sums[n]!);
    });
  });
}

/** Folds (v0 + v1) + (v2 + v3), then lanes (l0 + l1) + (l2 + l3), in f64 l0 + l1, and stores it or adds it to what is there. */
function storeFolded(f: Emitter, k: KernelOf<"windowDots">, at: number, sums: readonly number[]): void {
  const [v0, v1, v2, v3] = sums as [number, number, number, number];
  const add = `${shapeOf(k.type)}.add`;
  f.get(v0, v1);
  f.op(add);
  f.get(v2, v3);
  f.op(add);
  f.op(add);
  f.set(v0);
  const lanes = 16 / BYTES[k.type];
  const total = f.local(k.type);
  const pair = (first: number): void => {
    for (const l of [first, first + 1]) {
      f.get(v0);
      f.op(`${shapeOf(k.type)}.extract_lane`, l);
    }
    f.op(`${k.type}.add`);
  };
  pair(0);
  if (lanes === 4) {
    pair(2);
    f.op(`${k.type}.add`);
  }
  f.set(total);
  f.get(at);
  if (k.accumulate) {
    f.get(at);
    f.op(`${k.type}.load`, 0);
  }
  f.get(total);
  if (k.accumulate) f.op(`${k.type}.add`);
  f.op(`${k.type}.store`, 0);
}

/** Locals with addresses: of what a group shares, and of what each of its members has. */
interface Hit {
  readonly shared: number;
  readonly own: readonly number[];
}
/** Runs the body for each target that the sources reach. */
function overHits(
  k: Through,
  c: KernelContext,
  members: readonly Member[],
  ends: Ends,
  body: (hit: Hit) => void,
): void {
  const { f } = c;
  const first = members[0]!;
  const moves = movesOfEnds(k);
  const [shared, own] =
    ends.shared === "target" ? ([pushTarget, pushWeights] as const) : ([pushWeights, pushTarget] as const);
  const [together, apart] =
    ends.shared === "target" ? (["target", "weights"] as const) : (["weights", "target"] as const);
  const outer: Hit = { shared: f.local("i32"), own: members.map(() => f.local("i32")) };
  shared(k, c, ends[together], first);
  f.set(outer.shared);
  members.forEach((m, n) => {
    own(k, c, ends[apart], m);
    f.set(outer.own[n]!);
  });
  const hit: Hit = { shared: f.local("i32"), own: members.map(() => f.local("i32")) };
  const advance = (at: Hit, { target, weights }: Step): void => {
    const bytes = { target, weights };
    f.advance(at.shared, bytes[together]);
    for (const local of at.own) f.advance(local, bytes[apart]);
  };
  const down = (body: () => void): void => {
    if (ends.row === undefined) return repeated(f, first.down.count, body);
    // As many rows of targets below the first one, if that is one of those that the sources reach.
    const n = f.local("i32");
    f.get(ends.row, first.down.position);
    f.op("i32.sub");
    f.tee(n);
    f.get(first.down.count);
    f.op("i32.lt_u");
    f.if(() => {
      for (const local of [outer.shared, ...outer.own]) {
        const { target, weights } = moves.down;
        const bytes = { target, weights }[local === outer.shared ? together : apart];
        f.get(local);
        plus(f, n, bytes);
        f.set(local);
      }
      body();
    });
  };
  down(() => {
    [outer.shared, ...outer.own].forEach((local, n) => {
      f.get(local);
      f.set([hit.shared, ...hit.own][n]!);
    });
    repeated(f, first.right.count, () => {
      body(hit);
      advance(hit, moves.across);
    });
    advance(outer, moves.down);
  });
}

/** Bytes from one target that a source reaches to the next, and between the rows of weights that lead there. */
interface Step {
  readonly target: number;
  readonly weights: number;
}
function movesOfEnds(k: Through): { readonly across: Step; readonly down: Step } {
  const w = k.windows;
  const { targetRow, weightRow } = rowBytes(k);
  const [down, across] = [movesOf("source", w.rows), movesOf("source", w.columns)];
  return {
    across: { target: across.other * targetRow, weights: across.position * weightRow },
    down: {
      target: down.other * w.columns.target * targetRow,
      weights: down.position * w.columns.kernel * weightRow,
    },
  };
}
/** Bytes of a target position, and of the weights of a window position. */
const rowBytes = ({ type, windows: w, stride }: Through) => ({
  targetRow: w.targets * BYTES[type],
  weightRow: groupSources(w) * stride * BYTES[type],
});

/** Pushes the address of the first target that a source reaches. */
function pushTarget(k: Through, c: KernelContext, name: string, { channel, down, right }: Member): void {
  const { f } = c;
  const { targetRow } = rowBytes(k);
  f.get(c.ptr(name));
  plus(f, down.other, k.windows.columns.target * targetRow);
  plus(f, right.other, targetRow);
  plusGroup(f, k, channel);
}
/** Pushes the address of the row of weights that leads there. */
function pushWeights(k: Through, c: KernelContext, name: string, { channel, down, right }: Member): void {
  const { f } = c;
  const w = k.windows;
  const { weightRow } = rowBytes(k);
  f.get(c.ptr(name));
  plus(f, down.position, w.columns.kernel * weightRow);
  plus(f, right.position, weightRow);
  if (w.groups === 1) return plus(f, channel, k.stride * BYTES[k.type]);
  const [group, inGroup] = [f.local("i32"), f.local("i32")];
  divided(f, channel, groupSources(w), group, inGroup);
  plus(f, inGroup, k.stride * BYTES[k.type]);
  plus(f, group, groupTargets(w) * BYTES[k.type]);
}
/** Adds where the target channels of a source's group begin. */
function plusGroup(
  f: Emitter,
  { type, windows: w }: { type: Through["type"]; windows: Windows },
  channel: number,
): void {
  if (w.groups === 1) return;
  const [group, inGroup] = [f.local("i32"), f.local("i32")];
  divided(f, channel, groupSources(w), group, inGroup);
  plus(f, group, groupTargets(w) * BYTES[type]);
}

/**
 * Goes along rows at addresses, so many pieces a turn of a loop: longer bodies are slower, whatever ends their basic blocks.
 * @param body of pieces of the rows; v counts pieces, from 0 in each turn
 */
function overRow(
  f: Emitter,
  { pieces, turn }: { readonly pieces: readonly Piece[]; readonly turn: number },
  rows: readonly number[],
  body: (rows: readonly number[], piece: Piece, v: number) => void,
): void {
  const turns = Math.floor(pieces.filter(isWhole).length / turn);
  const rest = pieces.slice(turns > 1 ? turns * turn : 0);
  const at = rows.map((row) => {
    const local = f.local("i32");
    f.get(row);
    f.set(local);
    return local;
  });
  if (turns > 1) {
    const end = f.local("i32");
    f.get(at[0]!);
    f.i32(turns * turn * 16);
    f.op("i32.add");
    f.set(end);
    f.op("block");
    f.op("loop");
    pieces.slice(0, turn).forEach((piece, v) => {
      body(at, piece, v);
    });
    for (const local of at) f.advance(local, turn * 16);
    f.get(at[0]!, end);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
    f.op("end");
  }
  if (rest.length === 0) return;
  f.op("block");
  f.op("block");
  rest.forEach((piece, v) => {
    body(at, { ...piece, offset: 16 * v }, v);
  });
  f.op("end");
  f.op("end");
}
