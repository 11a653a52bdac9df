/** Draws docs/exact.svg: time of the exact and the clocked engine over activity, measured on the machine at hand. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { crossingOf, NEURONS, STEPS, type StepName, SYNAPSES, sweep } from "../bench/exactSweep.ts";

const points = await sweep((text) => console.error(text));
const [width, height, left, right, top, bottom] = [640, 400, 64, 150, 56, 46];
const decades = (values: readonly number[]): [number, number] => [
  Math.floor(Math.log10(Math.min(...values))),
  Math.ceil(Math.log10(Math.max(...values))),
];
const names = Object.keys(STEPS) as StepName[];
const rates = points.map((p) => p.rate);
const all = points.flatMap((p) => [p.exact.median, ...names.map((n) => p.clocked[n].median)]);
const [[x0, x1], [y0, y1]] = [decades(rates), decades(all)];
const x = (rate: number): number => left + ((width - left - right) * (Math.log10(rate) - x0)) / (x1 - x0);
const y = (ms: number): number => height - bottom - ((height - top - bottom) * (Math.log10(ms) - y0)) / (y1 - y0);
const at = (a: number, b: number): string => `${a.toFixed(1)} ${b.toFixed(1)}`;

function curve(name: string, label: string, values: readonly number[]): string {
  const marks = values
    .map((v, k) => `<circle cx="${x(rates[k]!).toFixed(1)}" cy="${y(v).toFixed(1)}" r="2.6"/>`)
    .join("");
  const last = values.length - 1;
  return `<g class="${name}"><path d="M${values.map((v, k) => at(x(rates[k]!), y(v))).join("L")}"/>${marks}<text x="${(x(rates[last]!) + 8).toFixed(1)}" y="${(y(values[last]!) + 4).toFixed(1)}">${label}</text></g>`;
}
const power = (k: number): string => (k < 0 ? (10 ** k).toFixed(-k) : String(10 ** k));
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, k) => from + k);
const grid = [
  ...range(x0, x1).map(
    (k) =>
      `<path class="l" d="M${at(x(10 ** k), top)}V${height - bottom}"/><text x="${x(10 ** k).toFixed(1)}" y="${height - bottom + 16}" text-anchor="middle">${power(k)}</text>`,
  ),
  ...range(y0, y1).map(
    (k) =>
      `<path class="l" d="M${at(left, y(10 ** k))}H${width - right}"/><text x="${left - 6}" y="${(y(10 ** k) + 4).toFixed(1)}" text-anchor="end">${power(k)}</text>`,
  ),
].join("");
const crossings = names.flatMap((name) => {
  const rate = crossingOf(points, name);
  return rate === undefined ? [] : [{ name, rate }];
});
const said = crossings.map(({ name, rate }) => `${rate.toPrecision(2)} Hz (steps of ${name})`).join(" and ");
const place = `${cpus()[0]?.model ?? "one machine"}, one thread, Node ${process.versions.node}; another machine crosses elsewhere`;

writeFileSync(
  new URL("../docs/exact.svg", import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<title>Time of the exact and the clocked engine over activity</title>
<style>text{fill:#333}path{fill:none;stroke-width:1.8}.l{stroke:#8884;stroke-width:1}.x path{stroke:#1f6feb}.x circle{fill:#1f6feb}.a path{stroke:#cf222e}.a circle{fill:#cf222e}.b path{stroke:#8250df}.b circle{fill:#8250df}@media(prefers-color-scheme:dark){text{fill:#ddd}.x path{stroke:#6cb6ff}.x circle{fill:#6cb6ff}.a path{stroke:#ff7b72}.a circle{fill:#ff7b72}.b path{stroke:#d2a8ff}.b circle{fill:#d2a8ff}}</style>
<text x="${left}" y="20" font-size="14">${said ? `The exact engine is faster below ${said}` : "Exact and clocked engine over activity"}</text>
<text x="${left}" y="38">${NEURONS.toLocaleString("en")} neurons with ${SYNAPSES} synapses each, f64; measured: ${place}</text>
${grid}
${curve(
  "x",
  "exact",
  points.map((p) => p.exact.median),
)}
${curve(
  "a",
  "clocked, 0.1 ms",
  points.map((p) => p.clocked["0.1 ms"].median),
)}
${curve(
  "b",
  "clocked, 0.01 ms",
  points.map((p) => p.clocked["0.01 ms"].median),
)}
<text x="${(left + width - right) / 2}" y="${height - 10}" text-anchor="middle">spikes a neuron and second</text>
<text x="${left - 50}" y="${top - 8}">ms a simulated second</text>
</svg>
`,
);
for (const p of points)
  console.log(
    [p.rate, p.exact.median, ...names.map((n) => p.clocked[n].median), p.events]
      .map((v) => v.toPrecision(3))
      .join("  "),
  );
console.log(`docs/exact.svg: ${said}`);
