/** Any result as text, for any terminal. */
import type { ResultDocument } from "../document.ts";
import { compareSections, headline, winnerLines } from "./compare.ts";
import { asciiOf, asciiText, harmlessOf, PLAIN, sections, type View } from "./layout.ts";
import { evaluateSections, savedLines, trainSections } from "./network.ts";

type Texts<D> = { readonly whole: (d: D, view: View) => string[]; readonly quiet: (d: D, view: View) => string[] };
/** Without a line of what else was found, `quiet` says the result. */
const TEXTS: { readonly [K in ResultDocument["kind"]]: Texts<Extract<ResultDocument, { kind: K }>> } = {
  compare: { whole: compareSections, quiet: winnerLines },
  train: { whole: trainSections, quiet: (t, view) => [[headline(t, view), ...savedLines(t)].join("\n")] },
  evaluate: { whole: evaluateSections, quiet: (e, view) => [headline(e, view)] },
};

/** Signs that a terminal would obey or cannot show are replaced before the layout, and what it added (µ) after it. */
export function renderText(document: ResultDocument, view: View = PLAIN, quiet = false): string {
  const shown = harmlessOf(view.unicode ? document : asciiOf(document));
  const texts = TEXTS[shown.kind] as Texts<ResultDocument>;
  const text = sections(texts[quiet ? "quiet" : "whole"](shown, view));
  return view.unicode ? text : asciiText(text);
}

/** Both forms that a task hands over. */
export const resultText = (document: ResultDocument) => ({
  text: renderText(document),
  show: (view: View, quiet: boolean): string => renderText(document, view, quiet),
});
