/**
 * A plot that fits any width without a script: its picture is stretched, its words are not. Marks live in an SVG whose
 * view box is the data's own range; labels of axes are text beside it, placed by shares of its sides.
 */
import { type Axis, shareOf } from "./axis.ts";
import { type Content, coordinate, html, type Markup } from "./markup.ts";

export interface Plot {
  readonly title: Content;
  readonly x: Axis;
  readonly y: Axis;
  /** Height of the picture in pixels. */
  readonly height: number;
  /** One of several above each other: its title says what goes up, and only the last has a `bottom`. */
  readonly stacked?: { readonly bottom: boolean };
  /** SVG, made with `place`. */
  readonly marks: Content;
  /** Below the title. */
  readonly legend?: Content;
  /** Shows the stretch of time that the page's timeline is at. */
  readonly linked?: boolean;
}

/** Sides of every view box. */
export const SIDE = 1000;
/** Where a point lies in the view box; up is less. */
export const place = ({ x, y }: Pick<Plot, "x" | "y">, at: number, value: number): string =>
  `${coordinate(SIDE * shareOf(x, at))} ${coordinate(SIDE * (1 - shareOf(y, value)))}`;

export function plotFigure(plot: Plot): Markup {
  const { title, x, y, height, marks, legend, stacked, linked } = plot;
  const rows = y.ticks.map((t) => 1 - shareOf(y, t));
  const grid = rows.map((r) => `M0 ${coordinate(SIDE * r)}h${SIDE}`).join("");
  const label = (t: number, k: number): Markup =>
    html`<span class="tick" style="top:${percentOf(rows[k]!)}">${y.format(t)}</span>`;
  return html`<figure class="plot${linked ? " linked" : ""}"><figcaption>${title}</figcaption>${legend}<div class="frame">
${!stacked && html`<div class="y-label">${y.label}</div>`}<div class="y" aria-hidden="true">${y.ticks.map(label)}</div>
<div class="area" style="height:${height}px">${picture(html`<path class="rule" d="${grid}"/>${marks}`)}</div>
${(!stacked || stacked.bottom) && xAxis(x)}</div></figure>`;
}

export const picture = (marks: Content, width = SIDE, height = SIDE): Markup =>
  html`<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" aria-hidden="true">${marks}</svg>`;

/** Labels at both ends stay within the sides. */
export function xAxis(x: Axis): Markup {
  return html`<div class="x" aria-hidden="true">${x.ticks.map((t) => {
    const share = shareOf(x, t);
    const edge = share < 0.04 ? " first" : share > 0.96 ? " last" : "";
    return html`<span class="tick${edge}" style="left:${percentOf(share)}">${x.format(t)}</span>`;
  })}</div><div class="x-label">${x.label}</div>`;
}
export const percentOf = (share: number): string => `${coordinate(100 * share)}%`;

export type LineStyle = "solid" | "dashed";
export interface Series {
  readonly name: string;
  /** A class of the style sheet, which has its colour. */
  readonly tone: string;
  readonly style: LineStyle;
  readonly points: readonly (readonly [at: number, value: number])[];
  /** Points are marked as such. */
  readonly dots?: boolean;
}

export const lineMarks = (axes: Pick<Plot, "x" | "y">, series: readonly Series[]): Markup[] =>
  series.flatMap(({ points, tone, style, dots = points.length < 8 }) => {
    const path = points.map(([at, value], k) => `${k === 0 ? "M" : "L"}${place(axes, at, value)}`).join("");
    const marks = points.map(([at, value]) => `M${place(axes, at, value)}h0`).join("");
    return [
      html`<path class="line ${tone} ${style}" d="${path}"/>`,
      ...(dots ? [html`<path class="dots ${tone}" d="${marks}"/>`] : []),
    ];
  });

export interface LegendEntry {
  readonly name: Content;
  readonly tone: string;
  readonly sign: "solid" | "dashed" | "box" | "tick" | "dot";
}
export const legendList = (entries: readonly LegendEntry[]): Markup =>
  html`<ul class="legend">${entries.map(
    ({ name, tone, sign }) => html`<li><i class="sign ${sign} ${tone}"></i>${name}</li>`,
  )}</ul>`;
