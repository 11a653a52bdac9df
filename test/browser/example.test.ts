/** The page of examples/browser as a visitor uses it: it learns, pauses, starts again, and fits narrow and wide screens. */
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { serve } from "./server.ts";
import { ROOT, setup } from "./setup.ts";
import { visit } from "./visit.ts";

const { browser } = setup();
const PAGE = "examples/browser/";

const inState = (page: Page, state: string) => page.waitForSelector(`#status[data-state="${state}"]`);
const updates = async (page: Page): Promise<number> =>
  Number(/update (\d+)/.exec((await page.textContent("#status")) ?? "")![1]);
const accuracy = async (page: Page): Promise<number> => Number.parseFloat((await page.textContent("#accuracy")) ?? "");
const width = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth);

test("learns in a worker, and says so; 400 pixels wide, dark", async ({ skip }) => {
  const from = browser(skip);
  await using server = await serve(ROOT);
  const options = { viewport: { width: 400, height: 800 }, colorScheme: "dark" } as const;
  await using visited = await visit(from, server.origin, PAGE, options);
  const { page, problems } = visited;
  await inState(page, "done");
  expect(await updates(page)).toBe(300);
  expect(await accuracy(page)).toBeGreaterThan(90); // of 200 patterns; guessing gives 25
  expect(await page.locator(".answer[data-right=true]").count()).toBe(4);
  expect(page.workers()).toHaveLength(1);
  expect(await width(page)).toBe(400);
  expect(problems).toEqual([]);
});

test("pauses, goes on and starts again with other weights; 1280 pixels wide", async ({ skip }) => {
  const from = browser(skip);
  await using server = await serve(ROOT);
  await using visited = await visit(from, server.origin, PAGE, { viewport: { width: 1280, height: 800 } });
  const { page, problems } = visited;
  await inState(page, "training");
  await page.click("#pause");
  await inState(page, "paused");
  await page.evaluate(PAINTED); // a slice may have been on its way
  const paused = await updates(page);
  await page.evaluate(PAINTED);
  expect(await updates(page)).toBe(paused);
  await page.click("#pause");
  await page.waitForFunction((n) => !document.querySelector("#status")!.textContent!.includes(`update ${n} `), paused);
  expect(await updates(page)).toBeGreaterThan(paused);
  await page.click("#again");
  await page.waitForFunction(() => /update \d of/.test(document.querySelector("#status")!.textContent!));
  expect(await width(page)).toBe(1280);
  expect(problems).toEqual([]);
});

/** Thirty frames, in each of which a page that trains asks for a slice. */
const PAINTED = `new Promise((done) => {
  let frames = 30;
  const next = () => (frames-- === 0 ? done() : requestAnimationFrame(next));
  next();
})`;
