/**
 * Errors back through windows, those that are zero left out: behind maxima most are. The errors of a position are noted
 * first; then each row of its window passes through registers once.
 */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import { groupSources, groupTargets } from "../../ir/windows.ts";
import type { KernelContext } from "./kernel.ts";
import { BLOCK, loadPiece, type Piece, piecesOf, storePiece } from "./pieces.ts";
import { copied, counted, type Hit, lookUp, plus, repeated } from "./reach.ts";
import { pushScaled, range, splat } from "./tiles.ts";
import { shapeOf } from "./vectorExpr.ts";

/** Sums of one tile stay in registers while the errors of a position pass: half of them, and what is loaded for a block. */
const TILE_BACK = 8;

/** What targets whose error is not zero bring to the sources that their windows see. */
export function scatterBack(k: KernelOf<"scatterBack">, c: KernelContext): void {
  const { f } = c;
  const w = k.windows;
  const bytes = BYTES[k.type];
  const local = (): number => f.local("i32");
  const [y, x, g, errors, end] = [local(), local(), local(), local(), local()];
  const [toRow, weightRow] = [local(), local()];
  const hit: Hit = { target: local(), weights: local() };
  const channels = groupSources(w);
  // Where a window always sees all of its columns, and these lie as the weights do, a row of them is one run.
  const whole = w.columns.padding === 0 && w.columns.dilation === 1 && w.groups === 1 && k.stride === w.sources;
  const rowBytes = w.columns.kernel * k.stride * bytes;
  const add = (width: number, at: Hit): void =>
    addErrors(k, c, { pieces: piecesOf(k.type, width), at, errors, end, rowBytes });
  f.get(c.ptr("a"));
  f.set(errors);
  counted(f, y, w.rows.target, () => {
    const down = lookUp(c, y, 0);
    counted(f, x, w.columns.target, () => {
      const right = lookUp(c, x, w.rows.target);
      counted(f, g, w.groups, () => {
        findErrors(k, c, { errors, end, first: g });
        f.get(end, c.ptr("found"));
        f.op("i32.ne");
        f.if(() => {
          f.get(c.ptr("out"));
          plus(f, down.other, w.columns.source * w.sources * bytes);
          plus(f, right.other, w.sources * bytes);
          plus(f, g, channels * bytes);
          f.set(toRow);
          f.get(c.ptr("weights"));
          plus(f, down.position, w.targets * rowBytes);
          plus(f, right.position, k.stride * bytes);
          f.set(weightRow);
          repeated(f, down.count, () => {
            copied(f, { target: toRow, weights: weightRow }, hit);
            if (whole) add(w.columns.kernel * w.sources, hit);
            else
              repeated(f, right.count, () => {
                add(channels, hit);
                f.advance(hit.target, w.columns.dilation * w.sources * bytes);
                f.advance(hit.weights, k.stride * bytes);
              });
            f.advance(toRow, w.rows.dilation * w.columns.source * w.sources * bytes);
            f.advance(weightRow, w.targets * rowBytes);
          });
        });
      });
      f.advance(errors, w.targets * bytes);
    });
  });
}
interface Found {
  /** Locals: the address of the errors of a position, and behind the channels that were noted. */
  readonly errors: number;
  readonly end: number;
}
/** Notes the channels of group `first` whose error is not zero, four (two) at a time where they come in whole vectors. */
function findErrors(
  k: KernelOf<"scatterBack">,
  c: KernelContext,
  { errors, end, first }: Found & { first: number },
): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  const size = groupTargets(k.windows);
  const lanes = 16 / bytes;
  const [n, channel, mask] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const note = (): void => {
    f.get(end, channel);
    f.op("i32.store", 0);
    f.advance(end, 4);
  };
  f.get(c.ptr("found"));
  f.set(end);
  f.get(first);
  f.i32(size);
  f.op("i32.mul");
  f.set(channel);
  if (size % lanes !== 0)
    return counted(f, n, size, () => {
      pushScaled(f, errors, channel, bytes);
      f.op(`${k.type}.load`, 0);
      f.op(`${k.type}.const`, 0);
      f.op(`${k.type}.ne`);
      f.if(note);
      f.advance(channel, 1);
    });
  const begin = f.local("i32");
  counted(f, n, size / lanes, () => {
    pushScaled(f, errors, channel, bytes);
    f.op("v128.load", 0);
    f.op("v128.const", "i32x4", [0, 0, 0, 0]);
    f.op(`${shapeOf(k.type)}.ne`);
    f.op(`${k.type === "f32" ? "i32x4" : "i64x2"}.bitmask`);
    f.set(mask);
    f.get(channel);
    f.set(begin);
    // Without a branch: what is noted counts only where its bit is set.
    for (const lane of range(lanes)) {
      f.get(end, begin);
      f.i32(lane);
      f.op("i32.add");
      f.op("i32.store", 0);
      f.get(end, mask);
      if (lane > 0) {
        f.i32(lane);
        f.op("i32.shr_u");
      }
      f.i32(1);
      f.op("i32.and");
      f.i32(4);
      f.op("i32.mul");
      f.op("i32.add");
      f.set(end);
    }
    f.advance(channel, lanes);
  });
}

/** `to += error · weights` for all errors that were found, a tile of the row at a time. */
function addErrors(
  k: KernelOf<"scatterBack">,
  c: KernelContext,
  { pieces, at, errors, end, rowBytes }: Found & { pieces: readonly Piece[]; at: Hit; rowBytes: number },
): void {
  const { f } = c;
  const tiles = Math.ceil(pieces.length / TILE_BACK);
  const [e, w, channel, value] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("v128")];
  for (const tile of range(tiles)) {
    const own = pieces.slice(
      Math.floor((tile * pieces.length) / tiles),
      Math.floor(((tile + 1) * pieces.length) / tiles),
    );
    const sums = own.map((piece) => {
      const sum = f.local("v128");
      loadPiece(f, at.target, piece);
      f.set(sum);
      return sum;
    });
    f.get(c.ptr("found"));
    f.set(e);
    f.op("block");
    f.op("loop");
    f.get(e);
    f.op("i32.load", 0);
    f.set(channel);
    pushScaled(f, errors, channel, BYTES[k.type]);
    f.op(splat(k.type), 0);
    f.set(value);
    pushScaled(f, at.weights, channel, rowBytes);
    f.set(w);
    own.forEach((piece, v) => {
      if (v > 0 && v % BLOCK === 0) {
        // Never taken: it ends a basic block.
        f.get(w);
        f.op("i32.eqz");
        f.op("br_if", 1);
      }
      f.get(sums[v]!, value);
      loadPiece(f, w, piece);
      f.op(`${shapeOf(k.type)}.mul`);
      f.op(`${shapeOf(k.type)}.add`);
      f.set(sums[v]!);
    });
    f.advance(e, 4);
    f.get(e, end);
    f.op("i32.lt_u");
    f.op("br_if", 0);
    f.op("end");
    f.op("end");
    own.forEach((piece, v) => {
      storePiece(f, at.target, piece, sums[v]!);
    });
  }
}
