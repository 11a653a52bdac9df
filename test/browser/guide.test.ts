/** The built guide: every page loads without an error and without a request elsewhere, fits a phone, and search finds. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { serve } from "./server.ts";
import { ROOT, setup } from "./setup.ts";
import { visit } from "./visit.ts";

const SITE = join(ROOT, "docs/.vitepress/dist");
const built = existsSync(join(SITE, "index.html"));
const NOT_BUILT = "the guide is not built: npm run docs";
const pages = built
  ? readdirSync(SITE, { recursive: true, encoding: "utf8" }).filter(
      (path) => /\.html$/.test(path) && path !== "404.html",
    )
  : [];

const { browser } = setup();
const WIDTHS = [
  { width: 1280, colorScheme: "light" },
  { width: 400, colorScheme: "dark" },
] as const;

/** Images that are there and show nothing. */
const BROKEN_IMAGES = `[...document.images].filter((x) => x.complete && x.naturalWidth === 0).map((x) => x.src)`;

describe.each(WIDTHS)("$width pixels wide, $colorScheme", ({ width, colorScheme }) => {
  test("every page", async ({ skip }) => {
    skip(!built, NOT_BUILT);
    const from = browser(skip);
    await using server = await serve(SITE);
    const options = { viewport: { width, height: 800 }, colorScheme };
    for (const path of pages) {
      // A visit of its own: pages fetch those that they link to, and going on to another would break that off.
      await using visited = await visit(from, server.origin, path, options);
      const { page, problems } = visited;
      await page.waitForFunction(
        () => (document.querySelector("#app") as { __vue_app__?: unknown } | null)?.__vue_app__,
      );
      await page.waitForLoadState("networkidle");
      expect(await page.textContent("h1"), path).not.toBe("");
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(width);
      expect(await page.evaluate(() => document.documentElement.classList.contains("dark")), path).toBe(
        colorScheme === "dark",
      );
      expect(await page.evaluate(BROKEN_IMAGES), path).toEqual([]);
      expect(problems, path).toEqual([]);
    }
    expect(pages.length).toBeGreaterThan(20);
  }, 300_000);
});

test("search finds a name of the reference, without leaving the site", async ({ skip }) => {
  skip(!built, NOT_BUILT);
  const from = browser(skip);
  await using server = await serve(SITE);
  await using visited = await visit(from, server.origin, "index.html", { viewport: { width: 1280, height: 800 } });
  const { page, problems } = visited;
  await page.click("#local-search button");
  await page.fill("#localsearch-input", "createEngine");
  await page.waitForSelector(".VPLocalSearchBox .result");
  expect(await page.textContent(".VPLocalSearchBox .results")).toContain("createEngine");
  expect(problems).toEqual([]);
});
