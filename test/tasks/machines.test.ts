/** What a comparison says of other hardware, of a network that is dead, and of the machine's own counters. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { energy } from "../../src/energy/account.ts";
import type { Counts } from "../../src/energy/counts.ts";
import { ownBreakEven } from "../../src/energy/ownBreakEven.ts";
import { prices } from "../../src/energy/prices.ts";
import { processor } from "../../src/energy/processor.ts";
import { powerCounters } from "../../src/energy/rapl.ts";
import { chips } from "../../src/energy/tables.ts";
import type { EnergyBeside, ResultDocument } from "../../src/report/document.ts";
import { keptText } from "../../src/report/promise.ts";
import { besideSections, deadSection, ownBreakEvenSection } from "../../src/report/terminal/elsewhere.ts";
import { PLAIN } from "../../src/report/terminal/layout.ts";
import { promiseSection } from "../../src/report/terminal/steps.ts";
import { initialParameters } from "../../src/sim/lower/parameters.ts";
import { energies } from "../../src/tasks/account.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import { allTables, type Machines, machines } from "../../src/tasks/machines.ts";
import { measuredDocument } from "../../src/tasks/measured.ts";
import { spikingDesign } from "../../src/tasks/networks.ts";
import { type BreakEvenLine, breakEvenLines } from "../../src/tasks/ownBreakEven.ts";
import { promiseReport } from "../../src/tasks/promise.ts";
import { evaluateDeployed } from "../../src/tasks/session.ts";
import type { Side, Twin } from "../../src/tasks/side.ts";
import type { ImageTask } from "../../src/tasks/task.ts";
import { LIF, spiking, twin } from "../energy/examples.ts";
import { QUIET, ROWS, rows } from "./synthetic.ts";

// biome-ignore lint/suspicious/noExplicitAny: documents are plain data of any shape
type Document = any;
const folder = mkdtempSync(join(tmpdir(), "rheobase-machines-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a document says of an inference, of which the rest is not looked at. */
const beside = (d: EnergyBeside): ResultDocument =>
  ({ kind: "evaluate", inference: "an inference", ...d }) as ResultDocument;
const told = (d: EnergyBeside): string => besideSections(beside(d), PLAIN).filter(Boolean).join("\n\n");
const machinesText = ({ tables, across }: Omit<Machines, "arithmetic">): string =>
  told({ energyTables: tables, acrossTables: across });
const breakEvenText = (lines: readonly BreakEvenLine[]): string =>
  ownBreakEvenSection(beside({ ownBreakEven: lines }), PLAIN);

describe("other hardware", () => {
  test("the processor prices both sides, chips the spiking one; ratios are of those accounts", () => {
    const { tables, across } = machines([spiking(), twin()]);
    expect(tables.map((t) => t.name)).toEqual(["processor", "loihi", "truenorth", "spinnaker", "odin", "darwin3"]);
    expect(allTables(machines([spiking(), twin()])).map((t) => t.name)).toEqual([
      "f32",
      "int8",
      ...tables.map((t) => t.name),
    ]);
    expect(tables[0]!.sides.map((s) => s.refused)).toEqual([undefined, undefined]);
    for (const t of tables.slice(1)) expect(t.sides[1]!.refused).toBeDefined();
    const [a, b] = [energy(spiking(), chips.loihi).total, energy(twin(), processor).total];
    const found = across.find((x) => x.chip === "loihi" && x.twinBy === "processor")!;
    expect(found.ratio).toEqual({ low: a.low / b.high, typical: a.typical / b.typical, high: a.high / b.low });
    expect(across.find((x) => x.chip === "darwin3")!.atLeast).toBe(true);
  });
  test("the text marks lower bounds, says what is without price and what cannot run, and gives no verdict", () => {
    const text = machinesText(machines([spiking(), twin()]));
    expect(text).toMatch(/Darwin3 +≥ /);
    expect(text).toContain("Darwin3: no price for neuron updates");
    expect(text.replaceAll("\n  ", " ")).toContain("A chip of spikes cannot run the twin.");
    expect(text).not.toContain("wins");
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
  test("what cannot run on a chip is said with its reasons", () => {
    const large = spiking({ activeInputs: 3 }, { neurons: 300, fanOut: 300, weights: 1200 });
    const { tables, across } = machines([large, twin()]);
    const text = machinesText({ tables, across }).replaceAll("\n  ", " ");
    expect(text).toContain("ODIN cannot run it: its 300 neurons do not fit the 256 of the one core.");
    expect(text).toMatch(/^ODIN +- +- +- +- +- +-$/m);
    expect(across.some((a) => a.chip === "odin")).toBe(false);
  });
  test("a stream's pace is charged", () => {
    const [, loihi] = machines([spiking()], { stepSeconds: 4e-3 }).tables;
    expect(loihi!.sides[0]!.duration!.seconds.typical).toBeCloseTo(8e-3, 12);
  });
});

test("a dead network: a clear word, and no winner by energy or operations", async () => {
  const never = { ...ROWS.spiking.latency, epochs: 1, rate: 1e-9, gain: 1e-6, tau: "0.1 ms" };
  const task: ImageTask = { ...ROWS, spiking: { ...ROWS.spiking, latency: never } };
  const { document, text }: Document = await compareOn(
    task,
    { task: "rows", seed: 1, threads: 1, encoder: "latency" },
    () => {},
  );
  expect(document.spiking.energy.f32.dead).toBe(true);
  expect(text).toContain("The spiking network is dead: not one neuron fired");
  const said = document.verdict.filter((v: Document) => /energy|operations/.test(v.what));
  expect(said.length).toBeGreaterThan(3);
  for (const { winner, text: words } of said) {
    expect(winner).toBe("undecided");
    expect(words).toContain("dead");
  }
  expect(document.acrossTables).toEqual([]);
  expect(document.ownBreakEven).toEqual([]);
  expect(text).toContain("none is for a network that fires no spike");
  expect(text).not.toContain("spiking may need less");
  expect(JSON.stringify(document)).not.toContain('null,"popular');
  expect(deadSection(false, PLAIN)).toBe("");
});

describe("a promise", () => {
  const side = (counts: Counts) => ({ counts, energy: energies(counts) });
  const judged = (spikes: Counts, other: Counts, low = 0.1) => {
    const dense = side(other);
    return promiseReport(side(spikes) as Side, { ...dense, zeroSkipping: dense } as Twin, {
      source: "x",
      low,
      high: 9,
    });
  };
  const divides = { update: { ...LIF.update, otherOperations: 1 } };
  const rare = { activeInputs: 0, steps: 1, activeOutputs: 1 };

  test("is kept where the ratio is above it at every price", () => {
    expect(judged(spiking(rare), twin())).toMatchObject({ kept: true, dead: false });
    expect(judged(spiking(rare), twin()).ratios[0]).not.toHaveProperty("bound");
  });
  test("is not kept by a network with work of its own that has no price", () => {
    const report = judged(spiking(rare, divides), twin());
    expect([report.kept, report.ratios[0]!.bound]).toEqual([false, "at most"]);
  });
  test("what the popular figure says is told apart from what is left with memory", () => {
    const report = judged(spiking(rare), twin(), 50); // 3 times with memory
    const told = (popular: number): string =>
      keptText({ ...report, ratios: report.ratios.map((r) => ({ ...r, popular })) });
    expect(told(49)).toBe("with memory, kept here against neither twin and at no price.");
    expect(told(50)).toMatch(/and at no price; by sums of weights alone, kept against twin and twin\.$/);
  });
  test("is not to be judged of a dead one", () => {
    const report = judged(spiking({ activeInputs: 0, activeOutputs: 0 }), twin());
    expect(report).toMatchObject({ kept: false, dead: true, ratios: [] });
    expect(promiseSection(report, PLAIN)).toContain("not to be judged");
  });
});

describe("where it would break even", () => {
  test("by each table and against each twin, within their ranges; in words of a line each", () => {
    const lines = breakEvenLines(spiking(), [twin()]);
    expect(lines.map((l) => l.table)).toEqual(["f32", "int8", "processor"]);
    const own = ownBreakEven(spiking(), prices.f32, energy(twin(), prices.f32))!;
    expect(lines[0]).toMatchObject({ twin: "twin", ...own });
    const text = breakEvenText(lines);
    expect(text.split("\n- ")).toHaveLength(4);
    expect(text).toMatch(/twin, 32-bit floats: at [\d.]+ to [\d.]+ spikes a synapse an inference/);
  });
  test("a twin cheaper than silence", () => {
    const [line] = breakEvenLines(spiking({ steps: 50, activeInputs: 3 }), [twin()]);
    expect(line!.factor.high).toBeLessThan(0);
    expect(breakEvenText([line!])).toContain("at no rate, it needs more even without a spike");
  });
});

describe("the machine's own counters", () => {
  test("are read around a test, and told an inference", async () => {
    const zone = join(folder, "intel-rapl:0");
    mkdirSync(zone);
    const set = (joules: number) => writeFileSync(join(zone, "energy_uj"), String(joules * 1e6));
    writeFileSync(join(zone, "name"), "package-0");
    writeFileSync(join(zone, "max_energy_range_uj"), "262143328850");
    set(1);
    const power = await powerCounters({ root: folder });
    const { net, encoder, training } = spikingDesign(ROWS, "latency");
    const deployed = { net, encoder, parameters: initialParameters(net, 1), loss: training.loss };
    const { test: samples } = rows(20, 50);
    const onProgress = () => set(3);
    const result = await evaluateDeployed(deployed, samples, { ...QUIET, power, onProgress });
    expect(result.measured!.joules!.total).toBeCloseTo(2, 6);
    const text = told({ measured: measuredDocument(power, training.loss, { spiking: result }) });
    expect(text).toMatch(/an inference, encoding included +40 mJ/);
  });
  test("where there are none, one sentence says so", () => {
    const power = { available: false, reason: "this system has no x" } as const;
    const result = { samples: 1, steps: 1 };
    const text = told({ measured: measuredDocument(power, ROWS.twin.loss, { spiking: result }) });
    expect(text).toBe("Measured energy: not available (this system has no x).");
  });
});
