/** On a tree of files made like the kernel's: what is found, what counts, and what is told where nothing can be read. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { idlePower, measure, type PowerCounters, powerCounters } from "../../src/energy/rapl.ts";

const folder = mkdtempSync(join(tmpdir(), "rheobase-rapl-"));
afterAll(() => rmSync(folder, { recursive: true }));
let made = 0;

type Zones = Readonly<Record<string, readonly [name: string, joules: number, range?: number]>>;
const MACHINE: Zones = {
  "intel-rapl:0": ["package-0", 100],
  "intel-rapl:0:0": ["core", 60],
  "intel-rapl:0:1": ["dram", 10],
  "intel-rapl:1": ["package-1", 200],
  "intel-rapl:2": ["psys", 900],
  "intel-rapl-mmio:0": ["package-0", 100],
};
function tree(zones: Zones, stat = "cpu  0 0 0 1000 0 0 0 0 0 0\n") {
  const root = join(folder, String(made++));
  mkdirSync(join(root, "intel-rapl"), { recursive: true });
  for (const [zone, [name, joules, range = 262_143]] of Object.entries(zones)) {
    mkdirSync(join(root, zone));
    writeFileSync(join(root, zone, "name"), `${name}\n`);
    writeFileSync(join(root, zone, "max_energy_range_uj"), `${Math.round(range * 1e6)}\n`);
    set(root, zone, joules);
  }
  writeFileSync(join(root, "stat"), stat);
  return { root, stat: join(root, "stat") };
}
const set = (root: string, zone: string, joules: number): void =>
  writeFileSync(join(root, zone, "energy_uj"), `${Math.round(joules * 1e6)}\n`);

type Available = Extract<PowerCounters, { available: true }>;
async function open(zones: Zones = MACHINE, stat?: string): Promise<Available> {
  const power = await powerCounters(tree(zones, stat));
  if (!power.available) throw new Error(power.reason);
  return power;
}

describe("joules", () => {
  test("packages and memory add up; cores, the platform and the other view of a package are in them already", async () => {
    const power = await open();
    expect(power.counters.map((c) => c.domain)).toEqual(["package", "dram", "package"]);
    const { value, measured } = await measure(power, () => {
      for (const [zone, joules] of [
        ["intel-rapl:0", 107],
        ["intel-rapl:0:0", 65],
        ["intel-rapl:0:1", 11],
        ["intel-rapl:1", 203],
        ["intel-rapl:2", 999],
      ] as const)
        set(power.places.root, zone, joules);
      return "done";
    });
    expect(value).toBe("done");
    expect(measured.joules!.package).toBeCloseTo(7 + 3, 6);
    expect(measured.joules!.dram).toBeCloseTo(1, 6);
    expect(measured.joules!.total).toBeCloseTo(11, 6);
    expect(measured.notes).toContain("Package and memory.");
    expect(measured.notes).toContain("Idle power is in it.");
  });
  test("a counter that starts again from 0: its range is added", async () => {
    const power = await open({ "intel-rapl:0": ["package-0", 262_140] });
    const { measured } = await measure(power, () => set(power.places.root, "intel-rapl:0", 4));
    expect(measured.joules!.total).toBeCloseTo(262_143 - 262_140 + 4, 6);
    expect(measured.joules!.dram).toBeUndefined();
    expect(measured.notes).toContain("The package alone: memory has no counter here.");
  });
  test("one that may have gone round twice tells nothing", async () => {
    const power = await open({ "intel-rapl:0": ["package-0", 1, 20] }); // 20 J: 20 ms at a kilowatt
    const { measured } = await measure(power, () => new Promise((done) => setTimeout(done, 40)));
    expect([measured.joules, measured.grade]).toEqual([undefined, "not told"]);
  });
  test("idle power is taken off only when said, and then said again", async () => {
    const power = await open({ "intel-rapl:0": ["package-0", 0] });
    const work = () =>
      new Promise<void>((done) => setTimeout(() => done(set(power.places.root, "intel-rapl:0", 5)), 20));
    const { measured } = await measure(power, work, { baselineWatts: 30 });
    expect(measured.joules!.total).toBeCloseTo(5 - 30 * measured.seconds, 9);
    expect(measured.joules!.package).toBeCloseTo(5, 6);
    expect([measured.baselineWatts, measured.notes.join()]).toEqual([
      30,
      expect.stringContaining("30 W of idle power"),
    ]);
  });
  test("power at rest is that of the time waited", async () => {
    const power = await open({ "intel-rapl:0": ["package-0", 0] });
    const wait = globalThis.setTimeout;
    // The counter moves while it waits: not before it was first read, however slow the machine.
    const waiting = vi.spyOn(globalThis, "setTimeout").mockImplementationOnce(((done: () => void, ms: number) => {
      set(power.places.root, "intel-rapl:0", 1);
      return wait(done, ms);
    }) as typeof setTimeout);
    const watts = await idlePower(power, 0.05);
    waiting.mockRestore();
    expect(watts).toBeGreaterThan(1 / 0.5);
    expect(watts).toBeLessThanOrEqual(1 / 0.05);
  });
});

describe("how far a reading can be trusted", () => {
  const busy = (user: number) => `cpu  ${user} 0 0 1000 0 0 0 0 0 0\ncpu0 1 2 3\n`;
  const reading = async (ticks: number) => {
    const power = await open({ "intel-rapl:0": ["package-0", 0] }, busy(0));
    return (await measure(power, () => writeFileSync(power.places.stat, busy(ticks)))).measured;
  };
  test("alone on the machine", async () => {
    expect(await reading(0)).toMatchObject({ otherLoad: 0, grade: "measured" });
  });
  test("others at work: graded so, with their share", async () => {
    const measured = await reading(10_000); // 100 s of others' work
    expect(measured.otherLoad).toBeGreaterThan(0.9);
    expect(measured.grade).toBe("measured, with other load on the machine");
    expect(measured.notes.join()).toContain("of the busy time was that of others");
  });
  test("a kernel that does not say: graded so too", async () => {
    const power = await open({ "intel-rapl:0": ["package-0", 0] }, "nothing\n");
    const { measured } = await measure(power, () => {});
    expect([measured.otherLoad, measured.grade]).toEqual([undefined, "measured, with other load on the machine"]);
  });
  test("too short for the counters", async () => {
    expect((await reading(0)).notes.join()).toContain("counters move once a millisecond");
  });
});

describe("not available", () => {
  test.each([
    ["no such folder", () => ({ root: join(folder, "nowhere") }), "this system has no"],
    ["no package", () => tree({ "intel-rapl:0": ["psys", 1] }), "there is no counter of a package"],
  ])("%s", async (_, places, reason) => {
    expect(await powerCounters(places())).toEqual({ available: false, reason: expect.stringContaining(reason) });
  });
  test("a counter that holds no number is told, and not taken for 0", async () => {
    const places = tree(MACHINE);
    writeFileSync(join(places.root, "intel-rapl:1", "energy_uj"), "x\n");
    const power = await powerCounters(places);
    expect(power).toMatchObject({ available: false, reason: expect.stringContaining("must hold a whole number") });
  });
});
