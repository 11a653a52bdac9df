/** A few examples in the files of MNIST: ten classes, each with a bright row of its own, and noise. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomStream } from "../../src/base/random.ts";

const SIDE = 28;

/** Writes the four files, uncompressed. */
export function writeIdx(folder: string, train: number, test: number): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, count] of Object.entries({ train, t10k: test })) {
    const random = randomStream(count, 1);
    const labels = Uint8Array.from({ length: count }, () => random.below(10));
    const pixels = Uint8Array.from({ length: count * SIDE * SIDE }, (_, k) => {
      const [sample, row] = [Math.floor(k / SIDE ** 2), Math.floor((k % SIDE ** 2) / SIDE)];
      return random.uniform() < 0.2 ? random.below(200) : row === 2 * labels[sample]! + 4 ? 220 : 0;
    });
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), file([count, SIDE, SIDE], pixels));
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), file([count], labels));
  }
}
function file(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length); // 0x08: unsigned bytes
  for (const [k, n] of shape.entries()) view.setUint32(4 + 4 * k, n);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}
