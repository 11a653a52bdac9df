/** Draws docs/cuba.svg, the picture of the README: spikes of the CUBA network, and its rate, as the engine gives them. */
import { writeFileSync } from "node:fs";
import { createEngine, wasm } from "rheobase";
import { cubaNetwork } from "./pictures/cuba.ts";

const [steps, shownE, shownI, width, height] = [5000, 240, 60, 860, 420];

using engine = await createEngine(cubaNetwork, wasm, { seed: 1 });
const run = engine.run(steps);

const [left, right, top, raster, gap] = [64, 12, 34, 270, 26];
const x = (step: number): string => (left + ((width - left - right) * step) / steps).toFixed(1);
const rows = shownE + shownI;
const y = (row: number): number => top + (raster * row) / rows;

/** One short stroke a spike, all in one path. */
function strokes(node: "e" | "i", shown: number, firstRow: number): string {
  const { steps: at, indices } = run.spikes[node]!;
  const marks = [...indices].flatMap((n, k) => (n < shown ? [`M${x(at[k]!)} ${y(firstRow + n).toFixed(1)}v2.6`] : []));
  return `<path class="${node}" d="${marks.join("")}"/>`;
}

const bin = 20; // steps: 2 ms
const counts = new Array<number>(steps / bin).fill(0);
for (const node of ["e", "i"]) for (const s of run.spikes[node]!.steps) counts[Math.floor(s / bin)]!++;
const rates = counts.map((c) => c / 4000 / (bin * 1e-4));
const peak = Math.ceil(Math.max(...rates) / 5) * 5;
const base = height - 28;
const tall = base - (top + raster + gap);
const bars = rates
  .map(
    (r, k) =>
      `M${x(k * bin)} ${base}v${(-(tall * r) / peak).toFixed(1)}h${((width - left - right) / counts.length - 0.4).toFixed(2)}V${base}z`,
  )
  .join("");
const ticks = [0, 100, 200, 300, 400, 500]
  .map(
    (ms) =>
      `<text x="${x(ms * 10)}" y="${height - 10}" text-anchor="${ms < 500 ? "middle" : "end"}">${ms}${ms < 500 ? "" : " ms"}</text>`,
  )
  .join("");

writeFileSync(
  new URL("../docs/cuba.svg", import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<title>Spikes of the CUBA network over half a second, and its rate</title>
<style>text{fill:#333}.e{stroke:#1f6feb;stroke-width:1.8}.i{stroke:#cf222e;stroke-width:1.8}.r{fill:#8250df}@media(prefers-color-scheme:dark){text{fill:#ddd}.e{stroke:#6cb6ff}.i{stroke:#ff7b72}.r{fill:#d2a8ff}}</style>
<text x="${left}" y="20" font-size="14">CUBA: 3,200 excitatory and 800 inhibitory neurons from their published equations; ${rows} of them</text>
<text x="${left - 8}" y="${y(shownE / 2)}" text-anchor="end">excit.</text><text x="${left - 8}" y="${y(shownE + shownI / 2)}" text-anchor="end">inhib.</text>
${strokes("e", shownE, 0)}${strokes("i", shownI, shownE)}
<path class="r" d="${bars}"/><text x="${left - 8}" y="${base - tall + 10}" text-anchor="end">${peak} Hz</text><text x="${left - 8}" y="${base}" text-anchor="end">rate</text>
${ticks}
</svg>
`,
);
console.log(
  `docs/cuba.svg: ${run.spikes.e!.indices.length + run.spikes.i!.indices.length} spikes, digest ${run.digest}`,
);
