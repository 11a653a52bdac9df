/** Oracle: contrast as WCAG 2.2 defines it; 4.5 is what text of any size needs (success criterion 1.4.3). */
import { expect, test } from "vitest";
import { STYLE } from "../../src/report/html/style.ts";

type Colours = Readonly<Record<string, string>>;
const coloursIn = (block: string): Colours =>
  Object.fromEntries([...block.matchAll(/--([\w]+): (#[0-9a-f]{6})/g)].map((m) => [m[1]!, m[2]!]));
const [light, dark] = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map((m) => coloursIn(m[1]!));

function luminance(colour: string): number {
  const linear = [1, 3, 5].map((k) => {
    const c = Number.parseInt(colour.slice(k, k + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
}
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

test("contrast itself: black on white has 21", () => expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 6));

test.each([
  ["light", light!],
  ["dark", dark!],
])("%s: everything that text is written in can be read on both grounds", (_, colours) => {
  for (const name of ["text", "soft", "spiking", "twin", "other", "good"])
    for (const ground of ["ground", "raised"])
      expect([name, ground, contrast(colours[name]!, colours[ground]!) >= 4.5]).toEqual([name, ground, true]);
});
test.each([
  ["light", light!],
  ["dark", dark!],
])("%s: marks are seen on the ground (3, success criterion 1.4.11) or stand beside words", (_, colours) => {
  for (const name of ["spiking", "twin", "other", "good", "soft"])
    expect(contrast(colours[name]!, colours["ground"]!)).toBeGreaterThan(3);
});
