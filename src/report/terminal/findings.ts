/** Tables and curves of a task of its own kind, in a terminal. */
import type { FindingsDocument, FindingsPlot } from "../findingsDocument.ts";
import { short } from "../numbers.ts";
import { sparkline } from "./charts.ts";
import {
  asciiOf,
  asciiText,
  harmlessOf,
  heading,
  item,
  PLAIN,
  paint,
  type StyledRow,
  sections,
  table,
  type View,
  wrap,
} from "./layout.ts";

const SIGNS = 24;

function renderFindings(document: FindingsDocument, view: View, quiet: boolean): string {
  const d = harmlessOf(view.unicode ? document : asciiOf(document));
  const headline = [d.headline.text, ...d.headline.lines].map((line) =>
    paint({ text: wrap(line, "", view.width), tone: "title" }, view),
  );
  const saved = d.files.map((file) => `saved to ${file}`);
  const parts = quiet
    ? [[...headline, ...saved].join("\n")]
    : [
        d.head.map((line) => wrap(line, "", view.width)).join("\n"),
        headline.join("\n"),
        ...d.tables.map(({ rows }) => table(rows, view)),
        ...d.plots.map((plot) => curvesOf(plot, view)),
        d.published.length === 0
          ? ""
          : [
              heading("Published", view),
              ...d.published.map((p) => item(`${p.says}: ${p.network} (${p.source}).`, view.width)),
            ].join("\n"),
        d.notes.map((note) => item(note, view.width)).join("\n"),
        [`Digest: ${d.digest}`, ...saved].join("\n"),
      ];
  const text = sections(parts);
  return view.unicode ? text : asciiText(text);
}

function curvesOf({ title, lines, level }: FindingsPlot, view: View): string {
  const rows = lines.map(({ name, points }): StyledRow => {
    const values = points.map((p) => p[1]);
    return [
      `  ${name}`,
      short(values[0] ?? 0),
      sparkline(values, SIGNS, view).padEnd(SIGNS),
      short(values.at(-1) ?? 0),
    ];
  });
  const head: StyledRow = [{ text: title, tone: "title" }, "first", " ".repeat(SIGNS), "last"];
  return table([head, ...rows, ...(level ? [[`  (${level.name})`, short(level.value), "", ""]] : [])], view);
}

/** Both forms that a task hands over. */
export const findingsText = (document: FindingsDocument) => ({
  text: renderFindings(document, PLAIN, false),
  show: (view: View, quiet: boolean): string => renderFindings(document, view, quiet),
});
