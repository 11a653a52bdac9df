/** One entry per kernel: a new kernel without a definition does not compile. */
import type { KernelKind, KernelOf } from "../../ir/program.ts";
import { drawRows, fillBlocks, lookUp, sortRows, weave } from "./build.ts";
import { drawCounts } from "./counts.ts";
import { deliver, enlist } from "./deliver.ts";
import { lateColumns } from "./lateColumns.ts";
import { perElement } from "./perElement.ts";
import { perSynapse } from "./perSynapse.ts";
import type { Frame } from "./run.ts";
import { gatherRows, outerRows, product, rowDots, transposeLists, unpackBits, winners, zero } from "./structural.ts";
import { foldRows, maxPool, outerWindows, pick, scatterBack, scatterWindows, unpool, windowDots } from "./windows.ts";

export const KERNELS: { readonly [K in KernelKind]: (kernel: KernelOf<K>, frame: Frame) => void } = {
  perElement,
  perSynapse,
  lateColumns,
  deliver,
  enlist,
  settle: () => undefined,
  touch: () => undefined,
  gatherRows,
  product,
  rowDots,
  outerRows,
  transposeLists,
  scatterWindows,
  scatterBack,
  windowDots,
  outerWindows,
  maxPool,
  unpool,
  pick,
  foldRows,
  unpackBits,
  winners,
  zero,
  drawCounts,
  drawRows,
  sortRows,
  weave,
  lookUp,
  fillBlocks,
};
