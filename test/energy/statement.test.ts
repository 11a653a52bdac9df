/** Tables as data, the twin of equal precision, the processor, dead networks, and where a network breaks even. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/base/errors.ts";
import { energy } from "../../src/energy/account.ts";
import { isDead } from "../../src/energy/breakeven.ts";
import { compare, compareAcross } from "../../src/energy/compare.ts";
import { ownBreakEven, withActivity } from "../../src/energy/ownBreakEven.ts";
import { equalPrecision, prices } from "../../src/energy/prices.ts";
import { LEVELS, processor } from "../../src/energy/processor.ts";
import { energyTable } from "../../src/energy/statement.ts";
import { chips } from "../../src/energy/tables.ts";
import { LIF, spiking, twin } from "./examples.ts";

const DIVIDES = { ...LIF.update, otherOperations: 1 };
const picojoules = (x: number): number => Number((x * 1e12).toPrecision(12));

describe("statements", () => {
  test("a total with everything priced is a number; one that lacks something is at least that, with the list", () => {
    const [whole, lacking] = [spiking(), spiking({}, { update: DIVIDES })];
    const { sides } = energyTable(prices.f32, [whole, lacking]);
    expect(sides[0]!.total).toMatchObject({ atLeast: false, unpriced: [], unit: "J" });
    expect(sides[1]!.total).toEqual({
      value: sides[0]!.total!.value,
      unit: "J",
      atLeast: true,
      unpriced: ["divisions and roots (the table has no division and no exponential)"],
    });
  });
  test("parts add up to the total", () => {
    for (const table of [prices.int8, processor, chips.loihi, chips.spinnaker]) {
      const [{ total, parts }] = energyTable(table, [spiking()]).sides as [
        ReturnType<typeof energyTable>["sides"][number],
      ];
      for (const bound of ["low", "typical", "high"] as const)
        expect(parts.reduce((sum, part) => sum + part.value[bound], 0)).toBeCloseTo(total!.value[bound], 18);
    }
  });
  test("a side that cannot run there is refused and has no total; everything is plain data", () => {
    const table = energyTable(chips.loihi, [spiking(), twin()]);
    expect(table.sides[1]).toEqual({
      side: "twin",
      refused: ["it has no spiking neurons, and the chip carries spikes"],
      parts: [],
      grades: [],
      dead: false,
      strains: [],
      notes: [],
    });
    expect(JSON.parse(JSON.stringify(table))).toEqual(table);
    expect(table.sides[0]!.grades).toEqual(expect.arrayContaining(["pre-silicon", "measured silicon"]));
    expect(table.sides[0]!.duration!.text).toContain("2 time steps of");
  });
});

describe("a network that is dead", () => {
  const dead = () => spiking({ activeInputs: 0, activeOutputs: 0, steps: 1 });
  test("is one with spiking neurons and no spike; a conventional one is not", () => {
    expect([dead(), spiking(), twin()].map(isDead)).toEqual([true, false, false]);
  });
  test("wins nowhere, at any price, from any side, and the reason is given", () => {
    const [a, b] = [energy(dead(), prices.f32), energy(twin(), prices.f32)];
    expect(a.total.high).toBeLessThan(b.total.low); // and yet
    for (const comparison of [compare(a, b), compare(b, a), compareAcross(a, b)]) {
      expect(comparison.winner).toBe("undecided");
      expect(comparison.text).toContain("snn is dead, not one neuron fired: its energy proves nothing");
    }
    expect(ownBreakEven(dead(), prices.f32, b)).toBeUndefined();
  });
});

describe("equal precision", () => {
  test("a product of 8 by 4 bits is half of one of 8 by 8, activations take 4 bits of memory; nothing else changes", () => {
    const [narrow, wide] = [energy(twin(), equalPrecision(4)), energy(twin(), prices.int8)];
    const line = (account: typeof narrow, work: string) => account.lines.find((l) => l.work === work)!.energy.typical;
    expect(picojoules(line(narrow, "macs"))).toBeCloseTo(12 * (0.1 + 0.1), 9);
    expect(picojoules(line(wide, "macs"))).toBeCloseTo(12 * (0.2 + 0.1), 9);
    expect(line(narrow, "activationReads")).toBeCloseTo(line(wide, "activationReads") / 2, 18);
    for (const work of ["additions", "weightReads"]) expect(line(narrow, work)).toBe(line(wide, work));
  });
  test("at 8 bits it is the table of 8 bits", () => {
    expect(energy(twin(), equalPrecision(8)).total).toEqual(energy(twin(), prices.int8).total);
  });
  test.each([0, 9, 1.5])("%s bits are refused", (bits) => {
    expect(() => equalPrecision(bits)).toThrow(ModelError);
  });
  test("within a family one setting holds for both: the ratio is as narrow as within one table", () => {
    const [a, b] = [energy(spiking(), prices.int8), energy(twin(), equalPrecision(8))];
    expect(compareAcross(a, b).ratio).toEqual(compare(a, energy(twin(), prices.int8)).ratio);
  });
});

describe("a processor", () => {
  test("levels hold what the table says, and the root of the size beyond it", () => {
    expect(LEVELS.map((l) => l.access.typical)).toEqual([
      20,
      expect.closeTo(100, 9),
      expect.closeTo(100 * Math.sqrt(32), 9),
      1950,
    ]);
  });
  test("by hand, typical: 9 sums, 12 additions, 6 products by vectors of 4; 15 + 30 + 5 accesses to L1", () => {
    const { components, lowerBound } = energy(spiking(), processor);
    expect(picojoules(components.arithmetic!.typical)).toBeCloseTo(21 * (0.9 + 17.5) + 6 * (3.7 + 17.5), 9);
    expect(picojoules(components.weightMemory!.typical)).toBeCloseTo(15 * (10 + 17.5), 9);
    expect(picojoules(components.weightMemory!.low)).toBeCloseTo(15 * (10 + 70 / 16), 9);
    expect(picojoules(components.weightMemory!.high)).toBeCloseTo(15 * (20 + 70), 9);
    expect(lowerBound).toBe(false);
  });
  test("divisions have a price here, derived and marked so", () => {
    const { lines, lowerBound } = energy(spiking({}, { update: DIVIDES }), processor);
    const line = lines.find((l) => l.work === "otherOperations")!;
    expect(lowerBound).toBe(false);
    expect(line.price.grade).toBe("derived");
    expect(line.price.value.high).toBeCloseTo(7.1 * 3.7 + 70, 9);
  });
  test("weights that fit no cache come from DRAM, and then all may", () => {
    const wide = { inputs: 4000, neurons: 3000, fanOut: 3000, weights: 12e6 };
    const { lines } = energy(spiking({ activeInputs: 1, activeOutputs: 1 }, wide), processor);
    const value = (work: string) => lines.find((l) => l.work === work)!.price.value;
    expect(value("weightReads").low).toBeCloseTo(1300 / 2 + 70 / 16, 9);
    expect(value("stateReads").low).toBeCloseTo(10 + 70 / 16, 9);
    expect(value("stateReads").high).toBeCloseTo(2600 + 70, 9);
  });
});

describe("where a network breaks even", () => {
  test("no activity is that of a network that nothing entered", () => {
    const silent = withActivity(spiking(), 0).total;
    expect(silent).toEqual({
      ...spiking({ activeInputs: 0, activeOutputs: 0 }).total,
      activationSparsity: 4 / 6,
      zeroActivations: 4,
    });
  });
  test("at the factor found, its energy is the twin's: at each price setting", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(prices.f32, prices.int8, processor),
        (activeInputs, activeOutputs, table) => {
          const counts = spiking({ activeInputs, activeOutputs });
          const other = energy(twin(), table);
          const { factor } = ownBreakEven(counts, table, other)!;
          const at = energy(withActivity(counts, factor.typical > 0 ? factor.typical : 1), table).total.typical;
          if (factor.typical > 0) expect(at / other.total.typical).toBeCloseTo(1, 9);
          else expect(energy(withActivity(counts, 0), table).total.typical).toBeGreaterThan(other.total.typical);
        },
      ),
      { numRuns: 100 },
    );
  });
  test("by hand, f32: 168.1 of 291.1 pJ for the spikes, the twin 207.9 pJ", () => {
    const own = ownBreakEven(spiking(), prices.f32, energy(twin(), prices.f32))!;
    const now = 291.1;
    const events = 9 * 0.9 + 9 * 5 + 18 * 5 + 5 * 5;
    expect(own.factor.typical).toBeCloseTo((207.9 - (now - events)) / events, 9);
    expect(own.spikesPerSynapse!.typical).toBeCloseTo(own.factor.typical * (9 / 12), 12);
    expect(own.spikeRate!.typical).toBeCloseTo(own.factor.typical / 3, 12);
  });
  test("none is told where something has no price", () => {
    const lacking = spiking({}, { update: DIVIDES });
    expect(ownBreakEven(lacking, prices.f32, energy(twin(), prices.f32))).toBeUndefined();
  });
});
