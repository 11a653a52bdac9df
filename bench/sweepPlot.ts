/** Results that were measured along something, as plots: in the terminal, and as a page. */
import type { Axis } from "../src/report/html/axis.ts";
import { html, Markup } from "../src/report/html/markup.ts";
import { lineMarks, type Plot, plotFigure } from "../src/report/html/plot.ts";
import { STYLE } from "../src/report/html/style.ts";
import { short } from "../src/report/numbers.ts";
import { rangeBar } from "../src/report/terminal/charts.ts";
import { PLAIN, sections, table } from "../src/report/terminal/layout.ts";
import type { Result } from "./measure.ts";

type Swept = Result & { readonly sweep: NonNullable<Result["sweep"]> };
interface Curve {
  readonly over: string;
  readonly what: string;
  readonly unit: string;
  readonly points: readonly Swept[];
}

/** One for everything that was varied and each unit that was measured, in their order. */
export function curvesOf(results: readonly Result[]): Curve[] {
  const curves = new Map<string, Swept[]>();
  for (const r of results) {
    if (!r.sweep) continue;
    const key = `${whatOf(r)}\n${r.unit}\n${r.sweep.over}`;
    const known = curves.get(key);
    if (known) known.push(r as Swept);
    else curves.set(key, [r as Swept]);
  }
  return [...curves].map(([key, points]) => {
    const [what, unit, over] = key.split("\n") as [string, string, string];
    return { what, unit, over, points };
  });
}
/** A metric's name up to where it says at what it was measured. */
const whatOf = ({ metric }: Result): string => metric.split(",")[0]!;

const WIDTH = 40;
/** Bars on a logarithmic scale of whole powers of ten: a decade is as long everywhere. */
export function terminalPlots(results: readonly Result[]): string {
  return sections(
    curvesOf(results).map(({ what, unit, over, points }) => {
      const [low, high] = decades(points.flatMap((p) => [p.min, p.max]));
      const along = (x: number): number => Math.log10(x) - low;
      const rows = points.map((p) => [
        p.sweep.at.toLocaleString("en"),
        rangeBar(along(p.median), along(p.max), high - low, WIDTH, PLAIN).padEnd(WIDTH),
        `${short(p.median)} ${unit}`,
      ]);
      return `${what} against ${over}, from ${power(low)} to ${power(high)} ${unit}\n${table(rows)}`;
    }),
  );
}
function decades(values: readonly number[]): [low: number, high: number] {
  const [low, high] = [Math.floor(Math.log10(Math.min(...values))), Math.ceil(Math.log10(Math.max(...values)))];
  return [low, high > low ? high : low + 1];
}
const power = (k: number): string => (10 ** k).toLocaleString("en", { maximumFractionDigits: Math.max(0, -k) });

function logAxis(values: readonly number[], label: string): Axis {
  const [low, high] = decades(values);
  const ticks = Array.from({ length: high - low + 1 }, (_, k) => low + k);
  return { low, high, ticks, format: power, label };
}
function figure({ what, unit, over, points }: Curve): Markup {
  const x = logAxis(
    points.map((p) => p.sweep.at),
    over,
  );
  const y = logAxis(
    points.flatMap((p) => [p.min, p.max]),
    unit,
  );
  const of = (value: (p: Swept) => number): (readonly [number, number])[] =>
    points.map((p) => [Math.log10(p.sweep.at), Math.log10(value(p))]);
  const line = { name: what, tone: "spiking", style: "solid", points: of((p) => p.median), dots: true } as const;
  const ends = [of((p) => p.min), of((p) => p.max)].map(
    (points) => ({ name: "", tone: "spiking", style: "dashed", points, dots: false }) as const,
  );
  const plot: Plot = {
    title: `${what} against ${over}`,
    x,
    y,
    height: 190,
    marks: lineMarks({ x, y }, [line, ...ends]),
  };
  return plotFigure(plot);
}

/** A file without scripts: medians as lines, the least and the most dashed, all on logarithmic scales. */
export function sweepPage(name: string, about: string, results: readonly Result[]): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>bench ${name}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header class="top"><h1>bench ${name}</h1><p class="lead">${about}</p></header>
<main>
${curvesOf(results).map((c) => html`${figure(c)}\n`)}</main>
</body>
</html>
`;
  return page.html;
}
