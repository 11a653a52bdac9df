/** Reports in a real browser, opened as files: no errors, no request, nothing too wide, no words over words; on paper too. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CompareDocument, RasterDocument } from "../../src/report/document.ts";
import { type PageDocument, pageOf } from "../../src/report/html/page.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import type { Task } from "../../src/tasks/task.ts";
import { trainTask } from "../../src/tasks/train.ts";
import { ROWS } from "../tasks/synthetic.ts";
import { WAVES } from "../tasks/syntheticWaves.ts";
import { executable, launch, NEEDS } from "./chromium.ts";
import { FAULTS, VIEWS } from "./looks.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-pages-"));
let browser: Browser | undefined;
const documents = new Map<string, PageDocument>();
const compared = (name: string): CompareDocument => documents.get(name) as CompareDocument;

beforeAll(async () => {
  if (executable === undefined) return;
  browser = await launch();
  for (const task of [ROWS, WAVES] as readonly Task[]) {
    const out = join(folder, `${task.name}.json`);
    const options = { task: task.name, seed: 1, threads: 1, out };
    const [both, one] = [await compareOn(task, options, () => {}), await trainTask(task, options, () => {})];
    documents.set(task.name, both.document as unknown as PageDocument);
    documents.set(`${task.name}, trained`, one.document as unknown as PageDocument);
  }
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});
const needed = (skip: (condition: boolean, note: string) => void): Browser => {
  skip(executable === undefined, NEEDS);
  return browser!;
};

interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Errors and warnings, requests beside the file itself, dialogues. */
  readonly problems: readonly string[];
}
async function open(d: PageDocument, options: BrowserContextOptions = {}): Promise<Opened> {
  const file = join(folder, `${documents.size}-${crypto.randomUUID()}.html`);
  writeFileSync(file, await pageOf(d));
  const { href } = pathToFileURL(file);
  const context = await browser!.newContext({ ...options, offline: true });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (m) => problems.push(`${m.type()}: ${m.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialogue: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    if (request.url() !== href) problems.push(`request: ${request.url()}`);
  });
  await page.goto(href);
  return { page, problems, [Symbol.asyncDispose]: () => context.close() };
}

describe.each(["rows", "waves", "rows, trained", "waves, trained"])("%s", (name) => {
  test.for(VIEWS)("%s", async ([view, options, media], { skip }) => {
    needed(skip);
    await using opened = await open(documents.get(name)!, options);
    const { page, problems } = opened;
    await page.emulateMedia({ media });
    expect(problems).toEqual([]);
    for (const part of [
      ...(name.endsWith("trained") ? [] : ["Who wins"]),
      "Learning",
      "Answers",
      "Inside the spiking network",
      "Energy",
      "Where this comes from",
    ])
      expect(await page.locator("section > h2", { hasText: part }).count(), part).toBe(1);
    if (options.javaScriptEnabled === false) return;
    expect(await page.evaluate(FAULTS)).toEqual([]);
    const ground = await page.evaluate(`getComputedStyle(document.documentElement).backgroundColor`);
    expect(ground).toBe(view.endsWith(" dark") ? "rgb(20, 24, 28)" : "rgb(255, 255, 255)");
  });

  test("marks are drawn: lines, spikes and bars have room", async ({ skip }) => {
    needed(skip);
    await using opened = await open(documents.get(name)!, { viewport: { width: 1280, height: 900 } });
    const sizes = `[...document.querySelectorAll("path.line.solid, path.spikes, .energy rect.fill, .plot rect.fill, .image path")]
      .map((mark) => mark.getBoundingClientRect()).filter((box) => box.width + box.height < 1).length`;
    expect(await opened.page.evaluate(sizes)).toBe(0);
    expect(await opened.page.locator("path.spikes").count()).toBeGreaterThanOrEqual(4);
    expect(await opened.page.locator("path.line.threshold").count()).toBeGreaterThanOrEqual(3);
  });
});

test("the check of looks sees words over words and what is too wide", async ({ skip }) => {
  const page = await needed(skip).newPage({ viewport: { width: 400, height: 300 } });
  const faults = async (body: string): Promise<unknown> => {
    await page.setContent(body);
    return page.evaluate(FAULTS);
  };
  const at = (left: number, text: string) => `<p style="position:absolute;left:${left}px;top:20px">${text}</p>`;
  expect(await faults(at(20, "one") + at(120, "two"))).toEqual([]);
  expect(await faults(at(20, "one") + at(30, "two"))).toEqual(["over one another: one | two"]);
  expect(await faults(`<p style="width:600px;text-align:right">x</p>`)).toEqual([
    expect.stringMatching(/the page is 6\d\d wide/),
    "beyond the side: x",
  ]);
  await page.close();
});

test("text that would be markup, or a script, is text", async ({ skip }) => {
  needed(skip);
  const evil = `</script></title></style><script>alert(1)</script><img src="http://example.org/x" onerror="alert(2)">"'&amp;`;
  const d = compared("rows");
  const classes = d.classes.map((c, k) => (k === 0 ? evil : c));
  const samples = d.shown!.samples.map((s) => ({ ...s, label: evil, why: evil }));
  const provenance = { ...d.provenance, command: `rheobase compare '${evil}'`, cpu: evil, options: { data: evil } };
  const head = [evil];
  await using opened = await open({ ...d, task: evil, classes, head, provenance, shown: { ...d.shown!, samples } });
  const { page, problems } = opened;
  expect(problems).toEqual([]);
  expect(await page.title()).toContain(evil);
  expect(await page.locator("script, img, iframe, link, object").count()).toBe(0);
  expect(await page.textContent(".command")).toContain(evil);
});

/** A raster of a thousand neurons and so many spikes, which a generator of Park and Miller places. */
function large(count: number, steps: number): RasterDocument {
  const size = 1000;
  let x = 1;
  const spikes = Array.from({ length: count }, (_, k) => {
    x = (x * 48271) % 2147483647;
    return [Math.floor((k / count) * steps), x % size] as const;
  });
  const sorted = spikes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  return {
    name: "hidden",
    of: "neurons",
    size,
    count,
    steps: sorted.map((s) => s[0]),
    neurons: sorted.map((s) => s[1]),
  };
}

test("a million spikes: unpacked to the last, drawn, and smooth to look into", async ({ skip }) => {
  needed(skip);
  const d = compared("waves");
  const [first, ...others] = d.shown!.samples;
  const raster = large(1_000_000, 50_000);
  const sample = { ...first!, rasters: [first!.rasters[0]!, raster] };
  const shown = { ...d.shown!, samples: [{ ...sample, steps: 50_000, traces: [] }, ...others] };
  await using opened = await open({ ...d, shown }, { viewport: { width: 1280, height: 900 } });
  const { page, problems } = opened;
  const canvas = page.locator("canvas.spikes");
  await page.waitForSelector('canvas[data-drawn="0 50000"]');
  const back = (await page.evaluate(`(() => {
    const { steps, neurons } = unpacked(Uint8Array.from(atob(document.querySelector("canvas").dataset.spikes), (c) => c.charCodeAt(0)));
    const sum = (a, b) => a.reduce((s, x, k) => (s + x * (1 + (k % 97)) + b[k]) % 1e9, 0);
    return [steps.length, sum(steps, neurons)];
  })()`)) as [number, number];
  const sum = raster.steps.reduce((s, x, k) => (s + x * (1 + (k % 97)) + raster.neurons[k]!) % 1e9, 0);
  expect(back).toEqual([1_000_000, sum]);
  const inked = `(() => {
    const canvas = document.querySelector("canvas");
    const { data } = canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, canvas.width, canvas.height);
    let inked = 0;
    for (let k = 3; k < data.length; k += 4) if (data[k] > 0) inked++;
    return inked / (canvas.width * canvas.height);
  })()`;
  expect(await page.evaluate(inked)).toBeGreaterThan(0.9);
  await page.click('button[data-zoom="0.5"]');
  await page.waitForSelector('canvas[data-drawn="12500 37500"]');
  await canvas.press("ArrowRight");
  await page.waitForSelector('canvas[data-drawn="18750 43750"]');
  expect(await page.locator("figure:has(canvas) .x .tick").first().textContent()).not.toBe("0");
  await page.click('button[data-zoom="0"]');
  await page.waitForSelector('canvas[data-drawn="0 50000"]');
  const milliseconds = (await page.evaluate(`(() => {
    const canvas = document.querySelector("canvas");
    const data = unpacked(Uint8Array.from(atob(canvas.dataset.spikes), (c) => c.charCodeAt(0)));
    const times = Array.from({ length: 7 }, () => {
      const start = performance.now();
      paint(canvas, data, { size: 1000, from: 0, to: 50000 });
      return performance.now() - start;
    });
    return times.sort((a, b) => a - b)[3];
  })()`)) as number;
  expect(milliseconds).toBeLessThan(200); // some 40 ms, on a machine that is shared
  expect(problems.filter((p) => !p.includes("readback"))).toEqual([]);
});
