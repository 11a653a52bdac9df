/** A comparison as a page. */
import { accountColumns, energyTables } from "../accounts.ts";
import type { CompareDocument, SideDocument, StepsDocument, Winner } from "../document.ts";
import { bytes, joulesUnit, percent, seconds, short, whole } from "../numbers.ts";
import { confusionFigure } from "./confusion.ts";
import { besideEnergy, deadNote, ownBreakEvenTable } from "./elsewhere.ts";
import { breakEvenTable, energyFigures, energyTable, promiseFigure } from "./energy.ts";
import { grid, learningFigures, type Named } from "./learning.ts";
import { html, type Markup, num, tied } from "./markup.ts";
import { inside, notesSection, provenanceSection, published, section } from "./sections.ts";
import { classTable, latencyFigures, type SteppedSide } from "./steps.ts";
import { factsTable, layerTables } from "./tables.ts";
import { watchFigures } from "./watch.ts";

const sidesOf = (c: CompareDocument): readonly Named[] => [
  { title: "spiking", tone: "spiking", side: c.spiking },
  { title: "twin", tone: "twin", side: c.twin },
];

export function compareBody(c: CompareDocument): readonly (Markup | undefined)[] {
  const sides = sidesOf(c);
  const columns = accountColumns(c);
  return [
    cards(c),
    section("Who wins", verdicts(c)),
    section("Time, memory, accuracy", factsTable(sides), published(c, c.spiking)),
    section("Learning", grid(learningFigures(sides)), ...sides.map(({ side, tone }) => watchFigures(side.watch, tone))),
    section("Answers", answers(c, sides)),
    c.shown && inside(c.shown, c.classes),
    section(
      "Energy",
      deadNote(Object.values(c.spiking.energy)[0]!.dead),
      grid(energyFigures(columns, c.inference), "wide"),
      c.promise && promiseFigure(c.promise),
      ownBreakEvenTable(c),
      breakEvenTable(Object.values(c.spiking.energy)[0]!, c.inference),
      grid(energyTable(columns, c.inference), "wide tables"),
      besideEnergy(c),
    ),
    section("Work of each layer", ...layerTables(columns, c.inference)),
    notesSection(c),
    provenanceSection(c, c.provenance),
  ];
}

interface Card {
  readonly title: string;
  readonly what: string;
  readonly value: (side: SideDocument) => number;
  readonly show: (value: number) => string;
  /** What stands before a value. */
  readonly bound?: (side: SideDocument) => string;
  /** Which twin it is of, where there are several. */
  readonly twin?: string;
}
/** The measures that verdicts speak of, at a glance. */
function cards(c: CompareDocument): Markup {
  const [first] = energyTables(accountColumns(c));
  const format = first!.format;
  const energy = (s: SideDocument): number => s.energy[format]!.total.typical;
  const [factor, unit] = joulesUnit(Math.max(energy(c.spiking), energy(c.twin)));
  const bound = (s: SideDocument): string => (s.energy[format]!.lowerBound ? "≥ " : "");
  const { name } = c.twin.energy[format]!;
  const all: readonly Card[] = [
    { title: "Test accuracy", what: "accuracy", value: (s) => s.accuracy, show: (x) => percent(x, 2) },
    {
      title: `Energy of ${c.inference}, ${first!.title}`,
      what: `energy, ${format}, ${name}`,
      value: energy,
      show: (x) => `${short(x / factor)} ${unit}`,
      bound,
      twin: name.replace(/^the /, ""),
    },
    { title: "Training time", what: "training time", value: (s) => s.trainSeconds, show: seconds },
    { title: "Answers a second", what: "inference speed", value: (s) => s.inferencePerSecond, show: whole },
    { title: "Memory to answer", what: "inference memory", value: (s) => s.memory.inferenceBytes, show: bytes },
  ];
  return html`<div class="cards">${all.map((card) => {
    const winner = c.verdict.find((v) => v.what === card.what)?.winner;
    const line = ({ title, tone, side }: Named): Markup => {
      const x = card.value(side);
      const called = (tone === "twin" && card.twin) || title;
      return html`<p class="${tone}${winner === tone ? " wins" : ""}"><span>${called}</span> <strong>${card.bound?.(side)}${num(x, card.show(x))}</strong></p>`;
    };
    return html`<div class="card"><h2>${card.title}</h2>${sidesOf(c).map(line)}${winner && html`<p class="winner">${winnerText(winner, card)}</p>`}</div>`;
  })}</div>`;
}
const WINNER: Readonly<Record<Winner, (twin?: string) => string>> = {
  spiking: (twin) => `the spiking network wins${twin ? ` against the ${twin}` : ""}`,
  twin: (twin = "twin") => `the ${twin} wins`,
  undecided: () => "neither wins",
};
const winnerText = (winner: Winner, { twin }: Card): string => WINNER[winner](twin);

function verdicts({ verdict }: CompareDocument): Markup {
  const row = ({ winner, text }: CompareDocument["verdict"][number]): Markup =>
    html`<li class="${winner}"><span class="chip ${winner}">${winner === "undecided" ? "neither" : winner}</span><span>${tied(text)}</span></li>`;
  return html`<ul class="verdicts">${verdict.map(row)}</ul>`;
}

const CALLED: Readonly<Record<string, string>> = { spiking: "the spiking network", twin: "the twin" };

function answers(c: CompareDocument, sides: readonly Named[]): Markup {
  const stepped = sides.flatMap(({ title, tone, side }): SteppedSide[] =>
    side.perClass ? [{ title, tone, report: side as SideDocument & StepsDocument }] : [],
  );
  const confusion = sides.map(({ title, tone, side }) =>
    confusionFigure(CALLED[title]!, tone, side.confusion, c.classes),
  );
  return html`${grid(confusion, "wide")}${stepped.length > 0 && [grid(latencyFigures(stepped)), classTable(stepped)]}`;
}
