/** Oracle: LEB128 worked out by hand; and a decoder written from the comment of `packSpikes`. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { exactAxis } from "../../src/report/html/axis.ts";
import { base64, MOST_IN_PATH, packSpikes, rasterFigure } from "../../src/report/html/raster.ts";

test("differences of seven bits a byte", () => {
  // step 0: neurons 3 and 300 (297 = 2·128 + 41); step 130 = 1·128 + 2: neuron 1
  expect([...packSpikes([0, 0, 130], [3, 300, 1])]).toEqual([0, 3, 0, 128 + 41, 2, 128 + 2, 1, 1]);
});

test("spikes come back", () => {
  const spike = fc.tuple(fc.nat(5000), fc.nat(70_000));
  const key = ([t, n]: readonly [number, number]): string => `${t} ${n}`;
  fc.assert(
    fc.property(fc.uniqueArray(spike, { selector: key, maxLength: 200 }), (spikes) => {
      const sorted = [...spikes].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
      expect(
        unpacked(
          packSpikes(
            sorted.map((s) => s[0]),
            sorted.map((s) => s[1]),
          ),
        ),
      ).toEqual(sorted);
    }),
  );
});
function unpacked(bytes: Uint8Array): [number, number][] {
  const numbers: number[] = [];
  let [value, unit] = [0, 1];
  for (const byte of bytes) {
    value += (byte % 128) * unit;
    unit *= 128;
    if (byte < 128) {
      numbers.push(value);
      [value, unit] = [0, 1];
    }
  }
  const spikes: [number, number][] = [];
  let [step, neuron] = [0, 0];
  for (let k = 0; k < numbers.length; k += 2) {
    step += numbers[k]!;
    neuron = numbers[k] === 0 ? neuron + numbers[k + 1]! : numbers[k + 1]!;
    spikes.push([step, neuron]);
  }
  return spikes;
}

test("base64 of more bytes than a call takes arguments", () => {
  const bytes = Uint8Array.from({ length: 200_001 }, (_, k) => (k * 7) % 256);
  expect(Buffer.from(base64(bytes), "base64").equals(Buffer.from(bytes))).toBe(true);
});

const look = { tone: "spiking", bottom: true };
const raster = (steps: number[], neurons: number[], size: number) => ({
  name: "x",
  of: "neurons" as const,
  size,
  count: steps.length,
  steps,
  neurons,
});

test("few spikes are a path, in which every tick is where it belongs; many are a canvas", () => {
  const { html } = rasterFigure(raster([0, 1, 4, 4], [2, 0, 0, 2], 3), 5, exactAxis(0, 5, "ms"), look);
  // neuron 0: steps 1 and 4; neuron 2: steps 0 and 4, each as high as 0.8 of its row
  expect(html).toContain('d="M1.5 0.1v0.8m3 -0.8v0.8M0.5 2.1v0.8m4 -0.8v0.8"');
  expect(html).not.toContain("<canvas");
  const many = Array.from({ length: MOST_IN_PATH + 1 }, (_, k) => k);
  const large = rasterFigure(
    raster(
      many,
      many.map(() => 0),
      1,
    ),
    many.length,
    exactAxis(0, 5, "ms"),
    look,
  );
  expect(large.html).toContain("<canvas");
});
