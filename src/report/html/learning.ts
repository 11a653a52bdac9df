/** How trainings went: loss and accuracy by epoch, and what the test found at the end. */
import type { SideDocument } from "../document.ts";
import { percent } from "../numbers.ts";
import { linearAxis } from "./axis.ts";
import { type Content, html, type Markup, num } from "./markup.ts";
import { type LegendEntry, legendList, lineMarks, type Plot, place, plotFigure, type Series } from "./plot.ts";

/** A network with the name and the colour that it has all over the page. */
export interface Named {
  readonly title: string;
  readonly tone: string;
  readonly side: SideDocument;
}

export const learningFigures = (sides: readonly Named[]): Markup[] => {
  if (sides.every(({ side }) => side.curves.train.length === 0)) return [];
  return [lossFigure(sides), accuracyFigure(sides)];
};

type Key = "loss" | "accuracy";
/** Epochs as people count them, from 1. */
const curves = (sides: readonly Named[], key: Key): Series[] =>
  sides.flatMap(({ title, tone, side: { curves } }) =>
    (["train", "heldOut"] as const)
      .filter((part) => curves[part].length > 0)
      .map((part) => ({
        name: title,
        tone,
        style: part === "train" ? "solid" : "dashed",
        points: curves[part].map((e) => [e.epoch + 1, e[key]] as const),
        ...(part === "heldOut" && { dots: true }),
      })),
  );

function lossFigure(sides: readonly Named[]): Markup {
  const series = curves(sides, "loss");
  const tests = sides.map((s) => s.side.loss);
  const y = linearAxis(0, Math.max(...tests, ...series.flatMap((s) => s.points.map((p) => p[1]))), "loss");
  return figure(sides, series, { title: "Loss, epoch by epoch", y, test: (s) => s.loss, said: (x) => x.toFixed(3) });
}
function accuracyFigure(sides: readonly Named[]): Markup {
  const series = curves(sides, "accuracy");
  const all = [...sides.map((s) => s.side.accuracy), ...series.flatMap((s) => s.points.map((p) => p[1]))];
  const y = linearAxis(100 * Math.min(...all), 100 * Math.max(...all), "right answers, %");
  const shares = { ...y, low: y.low / 100, high: Math.min(1, y.high / 100) };
  const axis = {
    ...shares,
    ticks: y.ticks.filter((t) => t <= 100).map((t) => t / 100),
    format: (x: number) => y.format(100 * x),
  };
  return figure(sides, series, {
    title: "Accuracy, epoch by epoch",
    y: axis,
    test: (s) => s.accuracy,
    said: (x) => percent(x, 2),
  });
}

interface Told {
  readonly title: string;
  readonly y: Plot["y"];
  readonly test: (side: SideDocument) => number;
  readonly said: (value: number) => string;
}
function figure(sides: readonly Named[], series: readonly Series[], { title, y, test, said }: Told): Markup {
  const last = Math.max(...series.flatMap((s) => s.points.map((p) => p[0])));
  const x = epochAxis(last);
  const axes = { x, y };
  const marks = [
    ...lineMarks(axes, series),
    ...sides.map(
      ({ tone, side }, k) => html`<path class="dots test${k} ${tone}" d="M${place(axes, last, test(side))}h0"/>`,
    ),
  ];
  const heldOut = sides.some(({ side }) => side.curves.heldOut.length > 0);
  const entries = sides.flatMap(({ title: name, tone, side }): LegendEntry[] => [
    { name: html`${name}, while learning`, tone, sign: "solid" },
    ...(heldOut ? [{ name: html`${name}, held out`, tone, sign: "dashed" } as const] : []),
    { name: html`${name}, test: ${num(test(side), said(test(side)))}`, tone, sign: "dot" },
  ]);
  return plotFigure({ title, ...axes, height: 190, marks, legend: legendList(entries) });
}

/** With whole epochs as ticks. */
export function epochAxis(last: number): Plot["x"] {
  const { ticks } = linearAxis(0, last, "", 6);
  const whole = ticks.filter((t) => Number.isInteger(t) && t >= 1 && t <= last);
  const low = last > 1 ? 1 : 0;
  return {
    low,
    high: last,
    ticks: low === 1 && !whole.includes(1) ? [1, ...whole.filter((t) => t > 1 + last / 12)] : whole,
    format: String,
    label: "epoch",
  };
}

/** Cells of one size, so that a figure has one width. */
export const grid = (figures: readonly Content[], kind = ""): Markup =>
  html`<div class="grid ${kind}">${figures}</div>`;
