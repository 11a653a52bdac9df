/** Column-major arrays, as MATLAB and Fortran keep them, turned into what most other programs keep. */
import type { Numbers } from "./matlabValues.ts";

/** The same numbers in row-major order, as most other programs keep them: the last index runs fastest. */
export function rowMajor<A extends Numbers>({
  shape,
  data,
}: {
  readonly shape: readonly number[];
  readonly data: A;
}): A {
  const out = data.slice() as A;
  const strides = shape.map((_, d) => shape.slice(0, d).reduce((a, b) => a * b, 1));
  const [columns, stride] = [shape.at(-1) ?? 1, strides.at(-1) ?? 1];
  const index = shape.map(() => 0);
  for (let row = 0, from = 0; row < out.length; row += columns) {
    for (let k = 0; k < columns; k++) out[row + k] = data[from + k * stride]!;
    from += nextRow(index, shape, strides);
  }
  return out;
}

/** Counts `index` up, its last dimension aside. @returns how much further on the row of the new index begins */
function nextRow(index: number[], shape: readonly number[], strides: readonly number[]): number {
  let moved = 0;
  for (let d = shape.length - 2; d >= 0; d--) {
    moved += strides[d]!;
    if (++index[d]! < shape[d]!) break;
    moved -= strides[d]! * shape[d]!;
    index[d] = 0;
  }
  return moved;
}
