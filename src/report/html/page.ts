/**
 * A result as one file: no request leaves it, and most of it needs no script. A content security policy says so to the
 * browser as well: scripts run only if they have the hash of ours.
 */
import type { CompareDocument, SimulateDocument, TrainDocument } from "../document.ts";
import type { FindingsDocument } from "../findingsDocument.ts";
import { compareBody } from "./compare.ts";
import { findingsBody } from "./findings.ts";
import { html, Markup, tied } from "./markup.ts";
import { base64 } from "./raster.ts";
import { SCRIPT } from "./script.ts";
import { simulateBody } from "./simulate.ts";
import { STYLE } from "./style.ts";
import { trainBody } from "./train.ts";

/** Results that have a page. */
export type PageDocument = CompareDocument | TrainDocument | SimulateDocument | FindingsDocument;
type Kind = PageDocument["kind"];
type Of<K extends Kind> = Extract<PageDocument, { kind: K }>;
interface Page<D> {
  readonly title: string;
  /** What the page is about, in a word. */
  readonly name: (d: D) => string;
  readonly body: (d: D) => readonly (Markup | undefined)[];
}
const PAGES: { readonly [K in Kind]: Page<Of<K>> } = {
  compare: { title: "spiking network and twin", name: (d) => d.task, body: compareBody },
  train: { title: "a spiking network", name: (d) => d.task, body: trainBody },
  simulate: { title: "a simulation", name: (d) => d.target, body: simulateBody },
  findings: { title: "what it learned", name: (d) => d.task, body: findingsBody },
};

export async function pageOf(d: PageDocument): Promise<string> {
  const { title, name, body: bodyOf } = PAGES[d.kind] as Page<PageDocument>;
  const body = bodyOf(d);
  const { provenance, headline, head } = d;
  const about = name(d);
  const scripted = body.some((part) => part && /<canvas|class="zoom"/.test(part.html));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src ${scripted ? `'sha256-${await sha256(SCRIPT)}'` : "'none'"}; base-uri 'none'; form-action 'none'">
<title>${about}: ${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header class="top">
<p class="eyebrow">${about} · ${title} · <time datetime="${provenance.date}">${provenance.date.slice(0, 10)}</time></p>
<h1>${tied(headline.text)}</h1>
${headline.lines.map((line) => html`<p class="lead">${tied(line)}</p>`)}
<p class="small about">${head.map((line) => tied(/[.!?]$/.test(line) ? `${line} ` : `${line}. `))}</p>
</header>
<main>
${body.map((part) => (part ? html`${part}\n` : ""))}</main>
${scripted && html`<script>${new Markup(SCRIPT)}</script>`}
</body>
</html>
`;
  return page.html;
}
async function sha256(text: string): Promise<string> {
  return base64(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
