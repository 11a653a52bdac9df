/**
 * Small plots as SVG, for the pictures of the guide: a picture is a row of panels, each as wide as a phone, and the page
 * sets them side by side where there is room. Colours are classes (docs/.vitepress/theme/style.css), light and dark.
 */

export type Tone = "a" | "b" | "c" | "d" | "quiet";
export type Mark =
  | { readonly kind: "line"; readonly tone: Tone; readonly points: readonly (readonly [number, number])[] }
  /** Values that hold from one whole x to the next, as the values at the ends of steps do. */
  | { readonly kind: "stairs"; readonly tone: Tone; readonly values: ArrayLike<number> }
  | { readonly kind: "dots"; readonly tone: Tone; readonly points: readonly (readonly [number, number])[] }
  /** Short strokes of the height `size` (in y) above `y`. */
  | {
      readonly kind: "spikes";
      readonly tone: Tone;
      readonly points: readonly (readonly [number, number])[];
      readonly size: number;
    }
  /** A dashed line across, such as a threshold. */
  | { readonly kind: "level"; readonly tone: Tone; readonly y: number };

export interface Panel {
  readonly title: string;
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  readonly xLabel?: string;
  readonly marks: readonly Mark[];
  /** Names of tones, written beside the title. */
  readonly legend?: readonly (readonly [Tone, string])[];
  readonly height?: number;
}
/** A number, or a place with a text. */
export type Tick = number | { readonly at: number; readonly text: string };

const WIDTH = 340;
const [LEFT, RIGHT, TOP, BOTTOM] = [46, 18, 24, 36];
/** Where titles and legends begin. */
const HEAD = 20;
const place = (x: number): string => (Math.round(x * 10) / 10).toString();
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** One panel as an SVG of 340 units across. */
export function panel(p: Panel): string {
  const { height = 170, legend = [] } = p;
  const head = legend.length > 0 ? TOP + 18 : TOP;
  const x = (v: number): number => LEFT + ((v - p.x[0]) / (p.x[1] - p.x[0])) * (WIDTH - LEFT - RIGHT);
  const y = (v: number): number => height - BOTTOM - ((v - p.y[0]) / (p.y[1] - p.y[0])) * (height - BOTTOM - head);
  const at = (t: Tick): number => (typeof t === "number" ? t : t.at);
  const text = (t: Tick): string => escaped(typeof t === "number" ? String(t) : t.text);
  const parts = [
    `<text class="title" x="${HEAD}" y="15">${escaped(p.title)}</text>`,
    ...legendOf(legend),
    `<path class="axis" d="M${LEFT} ${head}V${height - BOTTOM}H${WIDTH - RIGHT}"/>`,
    ...p.xTicks.map((t) => {
      const middle = place(x(at(t)));
      return `<path class="axis" d="M${middle} ${height - BOTTOM}v4"/><text x="${middle}" y="${height - BOTTOM + 16}" text-anchor="middle">${text(t)}</text>`;
    }),
    ...p.yTicks.map((t) => {
      const middle = y(at(t));
      return `<path class="axis" d="M${LEFT} ${place(middle)}h-4"/><text x="${LEFT - 7}" y="${place(middle + 4)}" text-anchor="end">${text(t)}</text>`;
    }),
    ...(p.xLabel ? [`<text x="${WIDTH - RIGHT}" y="${height - 4}" text-anchor="end">${escaped(p.xLabel)}</text>`] : []),
    ...p.marks.map((m) => drawn(m, x, y)),
  ];
  const label = escaped(p.title).replaceAll('"', "'");
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">${parts.join("")}</svg>`;
}

function legendOf(legend: NonNullable<Panel["legend"]>): string[] {
  let left = HEAD;
  return legend.map(([tone, name]) => {
    const entry = `<path class="line ${tone}" d="M${left} 29h14"/><text x="${left + 18}" y="33">${escaped(name)}</text>`;
    left += 30 + 6.3 * name.length;
    return entry;
  });
}

type Scale = (v: number) => number;
const path = (points: readonly (readonly [number, number])[], x: Scale, y: Scale): string =>
  points.map(([a, b], k) => `${k === 0 ? "M" : "L"}${place(x(a))} ${place(y(b))}`).join("");

const DRAWN: { readonly [K in Mark["kind"]]: (m: Extract<Mark, { kind: K }>, x: Scale, y: Scale) => string } = {
  line: (m, x, y) => `<path class="line ${m.tone}" d="${path(m.points, x, y)}"/>`,
  stairs: (m, x, y) => {
    const corners = Array.from(m.values).flatMap((v, t): [number, number][] => [
      [t, v],
      [t + 1, v],
    ]);
    return `<path class="line ${m.tone}" d="${path(corners, x, y)}"/>`;
  },
  dots: (m, x, y) =>
    m.points
      .map(([a, b]) => `<circle class="dot ${m.tone}" cx="${place(x(a))}" cy="${place(y(b))}" r="2.6"/>`)
      .join(""),
  spikes: (m, x, y) => {
    const strokes = m.points.map(([a, b]) => `M${place(x(a))} ${place(y(b))}V${place(y(b + m.size))}`);
    return `<path class="spike ${m.tone}" d="${strokes.join("")}"/>`;
  },
  level: (m, _x, y) => `<path class="level ${m.tone}" d="M${LEFT} ${place(y(m.y))}H${WIDTH - RIGHT}"/>`,
};
const drawn = (m: Mark, x: Scale, y: Scale): string =>
  (DRAWN[m.kind] as (m: Mark, x: Scale, y: Scale) => string)(m, x, y);
