import { expect, test } from "vitest";
import { augmentImages } from "../../../src/data/augment/images.ts";
import { Examples } from "../../../src/data/dataset.ts";

const [COUNT, H, W, C] = [300, 4, 5, 2];
const pictures = new Examples(
  "test",
  H * W * C,
  Float32Array.from({ length: COUNT * H * W * C }, (_, k) => (k % (H * W * C)) + 1),
  new Uint8Array(COUNT),
);
const shape = [H, W, C];
/** Pixel (y, x) of a picture, first channel, from 1; 0 outside. */
const pixel = (y: number, x: number): number => (y >= 0 && y < H && x >= 0 && x < W ? (y * W + x) * C + 1 : 0);

test("each picture is moved, mirrored or not, as a whole, with both channels", () => {
  const out = augmentImages(pictures, { shift: 1, mirror: true }, { shape, seed: 3, epoch: 1 });
  const seen = new Set<string>();
  for (let s = 0; s < COUNT; s++) {
    const at = (y: number, x: number, c: number): number => out.features[((s * H + y) * W + x) * C + c]!;
    const found = [-1, 0, 1]
      .flatMap((dy) => [-1, 0, 1].flatMap((dx) => [false, true].map((m) => ({ dy, dx, m }))))
      .filter(({ dy, dx, m }) => {
        for (let y = 0; y < H; y++)
          for (let x = 0; x < W; x++) {
            const inside = x - dx >= 0 && x - dx < W;
            const first = inside ? pixel(y - dy, m ? W - 1 - (x - dx) : x - dx) : 0;
            if (at(y, x, 0) !== first || at(y, x, 1) !== (first === 0 ? 0 : first + 1)) return false;
          }
        return true;
      });
    expect(found).toHaveLength(1);
    seen.add(JSON.stringify(found[0]));
  }
  expect(seen.size).toBe(18); // one is missing with probability below 18·(17/18)^300 = 7e-7
});
test("grey levels stay so, and without changes a picture stays as it is", () => {
  const grey = new Examples("grey", 4, Uint8Array.of(1, 2, 3, 4), Uint8Array.of(0));
  const same = augmentImages(grey, {}, { shape: [2, 2], seed: 1, epoch: 0 });
  expect(same.features).toEqual(grey.features);
});
test("says what does not fit", () => {
  expect(() => augmentImages(pictures, {}, { shape: [4, 4], seed: 0, epoch: 0 })).toThrow(/40 numbers, got 4 x 4/);
  expect(() => augmentImages(pictures, { shift: 5 }, { shape, seed: 0, epoch: 0 })).toThrow(/shift/);
});
