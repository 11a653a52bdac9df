/** How often each class was answered as which: a table whose cells are the darker the larger their share of the row. */
import { percent, whole } from "../numbers.ts";
import { html, type Markup, num } from "./markup.ts";

export function confusionFigure(
  title: string,
  tone: string,
  confusion: readonly (readonly number[])[],
  classes: readonly string[],
): Markup {
  const head = classes.map((name) => html`<th scope="col">${name}</th>`);
  const rows = confusion.map((row, k) => {
    const sum = row.reduce((a, b) => a + b, 0);
    return html`<tr><th scope="row">${classes[k]}</th>${row.map((n, j) => cell(n, sum, j === k))}</tr>`;
  });
  const small = classes.length > 12 ? " many" : "";
  return html`<figure class="confusion ${tone}${small}"><figcaption>What ${title} answered</figcaption><div class="scroll"><table>
<thead><tr><td class="corner">label ↓<br>answer →</td>${head}</tr></thead><tbody>${rows}</tbody></table></div></figure>`;
}

/** The share is what colour shows; beyond some of it, text is light. */
function cell(n: number, sum: number, right: boolean): Markup {
  if (n === 0) return html`<td class="none">·</td>`;
  const share = n / sum;
  const kind = right ? "right" : "wrong";
  const strong = share > 0.8 ? " strong" : "";
  return html`<td class="${kind}${strong}" style="--share:${percent(Math.max(0.06, share), 0).replace(" ", "")}">${num(n, whole(n))}</td>`;
}
