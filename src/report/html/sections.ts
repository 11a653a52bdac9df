/** Parts that every page has. */
import type { ProvenanceDocument, ResultDocument, ShownDocument, TestedDocument } from "../document.ts";
import { percent, whole } from "../numbers.ts";
import { grid } from "./learning.ts";
import { type Content, html, type Markup, num } from "./markup.ts";
import { rateFigures } from "./rates.ts";
import { sampleFigures } from "./samples.ts";
import { provenanceList } from "./tables.ts";

export const section = (title: string, ...contents: readonly Content[]): Markup =>
  html`<section><h2>${title}</h2>${contents}</section>`;
export const list = (items: readonly Content[]): Markup =>
  html`<ul class="plain">${items.map((x) => html`<li>${x}</li>`)}</ul>`;

export function inside(shown: ShownDocument, classes: readonly string[]): Markup {
  const { samples, rates } = shown;
  const long = Math.max(...samples.map((s) => s.steps)) > LONG;
  return html`${section(
    "Inside the spiking network",
    html`<p class="small">Membranes as they are at the end of each step, after a reset; a tick above a threshold is a spike.</p>`,
    grid(sampleFigures(shown, classes), long ? "single" : "samples"),
  )}${section(
    "How often neurons fire",
    html`<p class="small">Over the first ${num(rates.samples, whole(rates.samples))} test samples, ${num(rates.steps, whole(rates.steps))} steps.</p>`,
    grid(rateFigures(rates)),
  )}`;
}
/** Steps of a sample from which on its pictures take the whole width. */
const LONG = 100;

/** What others reach, or something simpler in the same run. */
export const published = (
  { published: figures }: ResultDocument,
  { perClass }: Pick<TestedDocument, "perClass">,
): Markup | undefined =>
  figures &&
  html`<p>${perClass ? "Published, of the same steps" : "Beside it"}:</p>${list(
    figures.map(({ source, network, accuracy }) => html`${num(accuracy, percent(accuracy))}: ${network} (${source}).`),
  )}`;

export const notesSection = ({ notes, beside = [] }: ResultDocument): Markup | undefined =>
  notes.length + beside.length > 0 ? section("Beside the numbers", list([...notes, ...beside])) : undefined;

export const provenanceSection = (d: ResultDocument, p: ProvenanceDocument): Markup =>
  section("Where this comes from", provenanceList(d, p));
