/** How trainings went: a sign an epoch. */
import type { CurvesDocument } from "../document.ts";
import { percent } from "../numbers.ts";
import { sparkline } from "./charts.ts";
import { type StyledRow, type Tone, table, type View } from "./layout.ts";

export interface LearningRow {
  readonly title: string;
  readonly tone: Tone;
  readonly curves: CurvesDocument;
}

const SIGNS = 24;
type Point = CurvesDocument["train"][number];

/** Nothing where nobody learned. */
export function learningSection(rows: readonly LearningRow[], view: View): string {
  const learned = rows.filter((r) => r.curves.train.length > 0);
  if (learned.length === 0) return "";
  const lines = learned.flatMap(({ title, tone, curves: { train, heldOut } }): StyledRow[] =>
    [
      curve(
        title,
        "loss",
        train.map((e) => e.loss),
        (x) => x.toFixed(3),
      ),
      curve(
        title,
        "accuracy",
        train.map((e) => e.accuracy),
        (x) => percent(x),
      ),
      ...(heldOut.length > 0
        ? [
            curve(
              title,
              "accuracy, held out",
              heldOut.map((e: Point) => e.accuracy),
              (x) => percent(x),
            ),
          ]
        : []),
    ].map(
      ([name, first, signs, last]): StyledRow => [
        { text: `  ${name}`, tone },
        first!,
        { text: String(signs).padEnd(SIGNS), tone },
        last!,
      ],
    ),
  );
  return table(
    [[{ text: "while learning, epoch by epoch", tone: "title" }, "first", " ".repeat(SIGNS), "last"], ...lines],
    view,
  );

  function curve(title: string, what: string, values: readonly number[], format: (x: number) => string): string[] {
    return [`${title}: ${what}`, format(values[0]!), sparkline(values, SIGNS, view), format(values.at(-1)!)];
  }
}
