/** Oracle: what may stand in HTML's text and quoted attributes (HTML standard, 13.1.2 and 13.1.4). */
import fc from "fast-check";
import { expect, test } from "vitest";
import { escaped, html, num, tied } from "../../src/report/html/markup.ts";

test("contents are escaped, markup is not, nothing and false are not there", () => {
  const inner = html`<b>${"<&>"}</b>`;
  expect(html`<p title="${"\"x\" 'y'"}">${inner}${undefined}${false}${[1, "<i>"]}</p>`.html).toBe(
    '<p title="&quot;x&quot; &#39;y&#39;"><b>&lt;&amp;&gt;</b>1&lt;i&gt;</p>',
  );
});

test("no text ends an element, an attribute or a script", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const found = escaped(text);
      expect(found).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|#39);)/);
    }),
  );
  expect(escaped("</script><img src=x>\u0000\u202e")).toBe("&lt;/script&gt;&lt;img src=x&gt;??");
});

test("numbers are there whole, and stay with their units", () => {
  expect(num(0.9672, "96.72 %").html).toBe('<data value="0.9672">96.72\u00a0%</data>');
  expect(tied("2.5 µJ (1 to 3 times), 5 samples, 3 steps")).toBe("2.5\u00a0µJ (1 to 3\u00a0times), 5 samples, 3 steps");
});
