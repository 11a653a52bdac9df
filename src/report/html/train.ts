/** A training as a page. */
import { accountColumns } from "../accounts.ts";
import type { StepsDocument, TrainDocument } from "../document.ts";
import { confusionFigure } from "./confusion.ts";
import { besideEnergy } from "./elsewhere.ts";
import { breakEvenTable, energyFigures, energyTable } from "./energy.ts";
import { grid, learningFigures } from "./learning.ts";
import { html, type Markup } from "./markup.ts";
import { inside, notesSection, provenanceSection, published, section } from "./sections.ts";
import { classTable, latencyFigures, type SteppedSide } from "./steps.ts";
import { factsTable, layerTables } from "./tables.ts";
import { watchFigures } from "./watch.ts";

export function trainBody(t: TrainDocument): readonly (Markup | undefined)[] {
  const title = "this network";
  const sides = [{ title, tone: "spiking", side: t }];
  const columns = accountColumns(t);
  const stepped: readonly SteppedSide[] = t.perClass
    ? [{ title, tone: "spiking", report: t as TrainDocument & StepsDocument }]
    : [];
  return [
    section("Time, memory, accuracy", factsTable(sides), published(t, t)),
    section("Learning", grid(learningFigures(sides)), watchFigures(t.watch, "spiking")),
    section(
      "Answers",
      grid([confusionFigure(title, "spiking", t.confusion, t.classes)], "wide"),
      stepped.length > 0 && grid(latencyFigures(stepped)),
      stepped.length > 0 && classTable(stepped),
    ),
    t.shown && inside(t.shown, t.classes),
    section(
      "Energy",
      grid(energyFigures(columns, t.inference), "wide"),
      breakEvenTable(Object.values(t.energy)[0]!, t.inference),
      grid(energyTable(columns, t.inference), "wide tables"),
      besideEnergy(t),
    ),
    section("Work of each layer", html`${layerTables(columns, t.inference)}`),
    notesSection(t),
    provenanceSection(t, t.provenance),
  ];
}
