/** Convolution as six plain loops in double precision, and as the matrix of a dense connection. */

export interface Geometry {
  readonly height: number;
  readonly width: number;
  /** Channels of the source and of the target. */
  readonly from: number;
  readonly to: number;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
}
export const plain = (
  g: Pick<Geometry, "height" | "width" | "from" | "to" | "kernel"> & Partial<Geometry>,
): Geometry => ({
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
  ...g,
});

/** Rows and columns of the target: those where the whole window lies within what is padded. */
export function outOf(g: Geometry): readonly [number, number] {
  const along = (n: number, k: 0 | 1): number => {
    let count = 0;
    const reach = g.dilation[k] * (g.kernel[k] - 1);
    for (let at = -g.padding[k]; at + reach < n + g.padding[k]; at += g.stride[k]) count++;
    return count;
  };
  return [along(g.height, 0), along(g.width, 1)];
}

/** Calls `take` for every source, target and weight that meet, weights numbered [row][column][channel of group][target channel]. */
export function eachSynapse(g: Geometry, take: (source: number, target: number, weight: number) => void): void {
  const [rows, columns] = outOf(g);
  const [within, across] = [g.from / g.groups, g.to / g.groups];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      for (let o = 0; o < g.to; o++)
        for (let ky = 0; ky < g.kernel[0]; ky++)
          for (let kx = 0; kx < g.kernel[1]; kx++)
            for (let c = 0; c < within; c++) {
              const [sy, sx] = [
                y * g.stride[0] - g.padding[0] + ky * g.dilation[0],
                x * g.stride[1] - g.padding[1] + kx * g.dilation[1],
              ];
              if (sy < 0 || sx < 0 || sy >= g.height || sx >= g.width) continue;
              const channel = Math.floor(o / across) * within + c;
              take(
                (sy * g.width + sx) * g.from + channel,
                (y * columns + x) * g.to + o,
                ((ky * g.kernel[1] + kx) * within + c) * g.to + o,
              );
            }
}
export const sizesOf = (g: Geometry): readonly [sources: number, targets: number, weights: number] => {
  const [rows, columns] = outOf(g);
  return [g.height * g.width * g.from, rows * columns * g.to, g.kernel[0] * g.kernel[1] * (g.from / g.groups) * g.to];
};

/** What the window sums are of a row of values. */
export function convolved(g: Geometry, weights: ArrayLike<number>, x: ArrayLike<number>): Float64Array {
  const out = new Float64Array(sizesOf(g)[1]);
  eachSynapse(g, (s, t, w) => {
    out[t]! += x[s]! * weights[w]!;
  });
  return out;
}
/** `[source][target]` */
export function expanded(g: Geometry, weights: ArrayLike<number>): Float64Array {
  const [sources, targets] = sizesOf(g);
  const out = new Float64Array(sources * targets);
  eachSynapse(g, (s, t, w) => {
    out[s * targets + t] = weights[w]!;
  });
  return out;
}
/** Sums what belongs to one weight. */
export function gathered(g: Geometry, matrix: ArrayLike<number>): Float64Array {
  const [, targets, weights] = sizesOf(g);
  const out = new Float64Array(weights);
  eachSynapse(g, (s, t, w) => {
    out[w]! += matrix[s * targets + t]!;
  });
  return out;
}
