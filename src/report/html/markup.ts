/** HTML from templates: whatever is put in is escaped, unless it is markup already. Names and paths come from anywhere. */

/** Text that is HTML. */
export class Markup {
  readonly html: string;
  constructor(html: string) {
    this.html = html;
  }
}
export type Content = string | number | Markup | false | undefined | readonly Content[];

const SIGNS: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** What XML has no sign for, and marks that turn the direction of text around, become a question mark. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const ODD = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => SIGNS[sign]!).replace(ODD, "?");

/** For elements and for quoted attributes alike. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(parts.map((part, k) => (k === 0 ? part : textOf(contents[k - 1]) + part)).join(""));
}
function textOf(content: Content): string {
  if (content === undefined || content === false) return "";
  if (content instanceof Markup) return content.html;
  if (typeof content === "object") return content.map(textOf).join("");
  return escaped(String(content));
}

/** A number of the document as a reader sees it; machines find it whole. */
export const num = (value: number, shown: string): Markup => html`<data value="${value}">${tied(shown)}</data>`;
/** Text whose numbers stay in one line with their units. Not for what is to be copied. */
export const tied = (text: string): string =>
  text.replace(/(\d) (?=(?:%|s|[mµnp]?J|[kM]B|times)(?![\w]))/g, "$1\u00a0");
/** A number of a picture: at most five digits. */
export const coordinate = (x: number): string => String(Number(x.toPrecision(5)));
export const NOTHING = new Markup("");
