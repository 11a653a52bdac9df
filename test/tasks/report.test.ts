/** Reports of small tasks: files by their suffix, and no number that the document does not have. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PLAIN } from "../../src/report/terminal/layout.ts";
import { renderText } from "../../src/report/terminal/result.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import type { TaskOptions } from "../../src/tasks/options.ts";
import type { ImageTask, Task } from "../../src/tasks/task.ts";
import { trainTask } from "../../src/tasks/train.ts";
import { isSaid, known, sayings, wordsOf } from "../report/numbers.ts";
import { ROWS } from "./synthetic.ts";
import { WAVES } from "./syntheticWaves.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-report-"));
afterAll(() => rmSync(folder, { recursive: true }));
const silent = (): void => {};
// biome-ignore lint/suspicious/noExplicitAny: documents are plain data of any shape
type Document = any;

const CASES: readonly [string, Task, typeof compareOn][] = [
  ["compare-rows", ROWS, compareOn],
  ["compare-waves", WAVES, compareOn],
  ["train-rows", ROWS, trainTask],
  ["train-waves", WAVES, trainTask],
];
const options = (task: Task, more: Partial<TaskOptions> = {}): TaskOptions => ({
  task: task.name,
  seed: 1,
  threads: 2,
  ...more,
});

describe.each(CASES)("%s", (name, task, run) => {
  const [page, data] = [join(folder, `${name}.html`), join(folder, `${name}.json`)];
  let document: Document;
  let html: string;
  beforeAll(async () => {
    ({ document } = await run(task, options(task, { out: [page, data] }), silent));
    html = readFileSync(page, "utf8");
  });

  test("the file of data is the document", () => {
    expect(JSON.parse(readFileSync(data, "utf8"))).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test("every number of the page is one of the document, as its own text or said rightly", () => {
    const all = known(document);
    const facts = [...html.matchAll(/<data value="([^"]*)">([^<]*)<\/data>/g)].map(
      (m) => [Number(m[1]), m[2]!] as const,
    );
    expect(facts.length).toBeGreaterThan(80);
    for (const [value, shown] of facts) {
      expect([value, all.numbers.has(value)]).toEqual([value, true]);
      expect(sayings(value)).toContain(shown.replaceAll("\u00a0", " "));
    }
    const rest = html
      .replace(/<style>.*?<\/style>|<script>.*?<\/script>/gs, "")
      .replace(/<data value="[^"]*">[^<]*<\/data>|<span class="tick[^>]*>[^<]*<\/span>/g, "")
      .replace(/<[^>]*>/g, "\n");
    expect(wordsOf(unescaped(rest)).filter((word) => !isSaid(word, all))).toEqual([]);
  });

  test("so is every number of the text", () => {
    const all = known(document);
    const said = new Set([...all.numbers].flatMap(sayings).flatMap((s) => wordsOf(s)));
    const words = wordsOf(renderText(document, PLAIN)).filter((w) => !/^[█░▁▂▃▄▅▆▇]+$/.test(w));
    expect(words.length).toBeGreaterThan(30);
    expect(words.filter((w) => !said.has(w) && !isSaid(w, all))).toEqual([]);
  });

  test("spikes a synapse are those of what an answer is of", () => {
    const unit = task === WAVES ? "a step" : "an inference";
    const here = new RegExp(`rules of thumb\\S* .*?here:? [\\d.]+ spikes a synapse ${unit},`, "i");
    if (run === compareOn) expect(renderText(document, PLAIN).replace(/\s+/g, " ")).toMatch(here);
    expect(html.replace(/<[^>]*>/g, "").replace(/\s+/g, " ")).toMatch(here);
  });

  test("the card of energy says which twin it is of", () => {
    const card = html.match(/<div class="card"><h2>Energy of .*?<\/div>/)?.[0];
    expect(card === undefined).toBe(run !== compareOn);
    if (!card) return;
    const { winner } = document.verdict.find((v: Document) => v.what === "energy, f32, the dense twin");
    const says = { spiking: "the spiking network wins against the dense twin", twin: "the dense twin wins" }[
      winner as string
    ];
    expect(card).toContain("<span>dense twin</span>");
    expect(card).toContain(`<p class="winner">${says ?? "neither wins"}</p>`);
  });

  test("a look inside changes nothing but that it is there", async () => {
    const { document: plain }: Document = await run(task, options(task), silent);
    expect(plain.shown).toBeUndefined();
    expect(document.shown.samples.length).toBeGreaterThan(0);
    const notes = document.notes.filter((note: string) => !note.startsWith("The network is not saved"));
    expect(timeless(plain)).toEqual(timeless({ ...document, notes, shown: undefined }));
  });

  test("what is shown agrees with what was measured", () => {
    const side = document.spiking ?? document;
    const { rates, samples } = document.shown;
    const [hidden] = rates.layers;
    expect(rates.samples).toBe(side.samples); // few enough to be counted all
    expect(hidden.mean).toBeCloseTo(side.meanRate.hidden, 9);
    expect(total(hidden.counts)).toBe(hidden.size);
    expect(hidden.edges.at(-1)).toBeGreaterThanOrEqual(hidden.highest);
    for (const s of samples) {
      const raster = s.rasters.find((r: Document) => r.name === "hidden");
      for (const t of s.traces.filter((t: Document) => t.name === "hidden")) {
        expect(t.spikes).toEqual(raster.steps.filter((_: number, k: number) => raster.neurons[k] === t.neuron));
        expect(t.values).toHaveLength(s.steps);
        expect(t.threshold).toBe(1);
      }
      expect(
        s.rasters.every((r: Document) => r.count === r.steps.length && r.steps.every((t: number) => t < s.steps)),
      ).toBe(true);
      if (!s.labels) continue;
      const right = s.labels.filter((label: number, t: number) => label === s.answers[t]).length;
      expect(right / s.steps).toBe(s.accuracy);
    }
    const { confusion } = side;
    const diagonal = confusion.map((row: number[], k: number) => row[k]!);
    expect(total(diagonal) / total(confusion.map(total))).toBeCloseTo(side.accuracy, 12);
  });

  test("the command makes it again", () => {
    const { command, options: used } = document.provenance;
    const [verb] = name.split("-");
    expect(command).toBe(`rheobase ${verb} ${task.name} --seed 1 --threads 2 --out ${page} --out ${data}`);
    expect(used).toEqual({ seed: 1, threads: 2 });
  });

  test("within 80 columns and in ASCII where it must be; the result lines alone", () => {
    const large = JSON.parse(JSON.stringify(document), (key, x) => (/^(low|typical|high)$/.test(key) ? 1e3 * x : x)); // in µJ
    for (const [d, view] of [
      [document, PLAIN],
      [document, { ...PLAIN, unicode: false }],
      [large, { ...PLAIN, unicode: false }],
    ]) {
      const text = renderText(d, view);
      expect(Math.max(...text.split("\n").map((l) => l.length))).toBeLessThanOrEqual(80);
      if (!view.unicode) expect(text.match(/[^\p{ASCII}]/gu)).toBeNull();
    }
    const flowing = renderText(document, PLAIN).replace(/\s+/g, " ");
    const sentences = [
      document.headline.text,
      ...(document.verdict ?? []).map((v: Document) => v.text),
      ...document.notes,
    ];
    for (const sentence of sentences) expect(flowing).toContain(sentence);
    const quiet = renderText(document, PLAIN, true);
    expect(quiet.startsWith(document.headline.text.slice(0, 30))).toBe(true);
    expect(quiet).not.toContain("Beside the numbers");
  });
});

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const unescaped = (text: string): string =>
  text.replace(
    /&(lt|gt|quot|#39|amp);/g,
    (_, name: string) => ({ lt: "<", gt: ">", quot: '"', "#39": "'", amp: "&" })[name]!,
  );
const timeless = (document: object): Document =>
  JSON.parse(
    JSON.stringify(document, (key, x) =>
      /seconds|PerSecond|peakBytes|^files?$|^verdict$|^headline$|^provenance$/i.test(key) ? undefined : x,
    ),
  );

describe("what --out may be, told before any work", () => {
  const never: ImageTask = { ...ROWS, load: () => Promise.reject(new Error("loaded")) };
  const refused = (run: typeof compareOn, out: TaskOptions["out"]) => run(never, options(ROWS, { out: out! }), silent);
  test.each<[string, typeof compareOn, TaskOptions["out"], string]>([
    ["another suffix", trainTask, ["x.txt"], "x.txt: --out writes files that end in .h5, .html or .json, not in .txt"],
    [
      "no suffix",
      trainTask,
      "a.b/x",
      "a.b/x: --out writes files that end in .h5, .html or .json, not without a suffix",
    ],
    [
      "a network of a comparison",
      compareOn,
      ["x.h5"],
      "x.h5: --out writes files that end in .html or .json, not in .h5 (a trained network: 'rheobase train' saves one)",
    ],
    ["one file twice", trainTask, ["x.html", "./x.html"], "./x.html: --out names this file twice"],
    ["no folder", compareOn, [join(folder, "none", "x.html")], "x.html: there is no folder"],
  ])("%s", async (_, run, out, message) => {
    await expect(refused(run, out)).rejects.toThrow(message);
  });
});

test("a network, a page and data of one training; the same network as alone", async () => {
  const out = ["a.h5", "a.HTML", "a.json"].map((f) => join(folder, f));
  const { document, text }: Document = await trainTask(ROWS, options(ROWS, { out }), silent);
  await trainTask(ROWS, options(ROWS, { out: join(folder, "b.h5") }), silent);
  expect(readFileSync(out[0]!).equals(readFileSync(join(folder, "b.h5")))).toBe(true);
  expect(existsSync(out[1]!)).toBe(true);
  expect([document.file, document.files]).toEqual([out[0], out]);
  for (const file of out) expect(text).toContain(`saved to ${file}`);
  expect(readdirSync(folder).filter((f) => f.endsWith(".tmp"))).toEqual([]);
});
