/** How often each class was answered as which. */

import { whole } from "../numbers.ts";
import { heading, type StyledRow, type Tone, table, type View } from "./layout.ts";
import { widthOf } from "./width.ts";

export interface ConfusionColumn {
  readonly title: string;
  readonly tone: Tone;
  readonly confusion: readonly (readonly number[])[];
}

/** Nothing where it does not fit the width. */
export function confusionSection(
  { title, tone, confusion }: ConfusionColumn,
  classes: readonly string[],
  view: View,
): string {
  const lines = confusion.map((row, k): StyledRow => [`  ${classes[k]}`, ...row.map((n, j) => cell(n, j === k, tone))]);
  const above = heading(`labels (rows) answered as, ${title}`, view);
  const body = table([["  ", ...classes], ...lines], view);
  const wide = Math.max(...body.split("\n").map((line) => widthOf(line)));
  return wide > view.width ? "" : `${above}\n${body}`;
}
/** Right answers have the network's colour; what never happened is a dot. */
const cell = (n: number, right: boolean, tone: Tone) =>
  right ? { text: whole(n), tone } : n === 0 ? { text: ".", tone: "dim" as const } : whole(n);
