/**
 * Oracles: powers and energies that papers report of whole chips and boards, recomputed from the table's constants. Counts
 * are those that the papers' own statements give; where a paper leaves one open, its whole range must fit.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ModelError } from "../../src/base/errors.ts";
import { type Account, energy, refusals } from "../../src/energy/account.ts";
import type { ChipTable } from "../../src/energy/chip.ts";
import { compareAcross } from "../../src/energy/compare.ts";
import { type Counts, countNetwork } from "../../src/energy/counts.ts";
import type { Price } from "../../src/energy/horowitz.ts";
import { countLayer } from "../../src/energy/layer.ts";
import { odin } from "../../src/energy/odin.ts";
import type { Work } from "../../src/energy/prices.ts";
import { processor } from "../../src/energy/processor.ts";
import { chips } from "../../src/energy/tables.ts";
import { eventsASecond, TRUENORTH_POWERS } from "../../src/energy/truenorth.ts";
import { LIF, spiking, twin } from "./examples.ts";

const all = Object.values(chips);
/** A layer of `neurons`, all inputs into all, with so many input spikes in `steps`. */
const layer = (inputs: number, neurons: number, steps: number, spikes: number, neuron = "lif"): Counts =>
  countNetwork("net", steps, [
    countLayer(
      { ...LIF, neuron, inputs, neurons, fanOut: neurons, weights: inputs * neurons, otherParameters: 0 },
      { samples: 1, steps, binaryInputs: true, activeInputs: spikes, activeOutputs: 1 },
    ),
  ]);
const line = (account: Account, work: Work) => account.lines.find((l) => l.work === work)!;

describe("TrueNorth", () => {
  const { truenorth } = chips;
  const power = (hertz: number): number => {
    const account = energy(layer(256, 256, 1, 1), truenorth);
    const { price } = line(account, "synapticEvents");
    return line(account, "seconds").price.value.typical + price.value.typical * 1e-12 * eventsASecond(hertz);
  };

  test("the power of Akopyan 2015, figure 17, that the line was not drawn through: 71 mW at 20.07 Hz, to 1 %", () => {
    expect(TRUENORTH_POWERS[1].hertz).toBe(20.07);
    expect(power(20.07)).toBeCloseTo(0.0706, 4);
    expect(Math.abs(power(20.07) / 0.071 - 1)).toBeLessThan(0.01);
    for (const { hertz, watts } of [TRUENORTH_POWERS[0], TRUENORTH_POWERS[2]])
      expect(power(hertz)).toBeCloseTo(watts, 12);
  });
  test("another paper's point, at another voltage: 72 mW at 20 Hz and 0.775 V (Merolla 2014), to 2 %", () => {
    expect(Math.abs(power(20) / 0.072 - 1)).toBeLessThan(0.02);
  });
  test("26 pJ an event is that point's power over its events; the marginal price is a tenth of it", () => {
    expect((0.072 / eventsASecond(20)) * 1e12).toBeCloseTo(26.8, 1);
    expect(line(energy(layer(256, 256, 1, 1), truenorth), "synapticEvents").price.value.typical).toBeCloseTo(2.297, 3);
  });
  test("46 GSOPS a watt (65 mW, 20 Hz, 128 synapses; Merolla 2014) by the events of that point, to 11 %", () => {
    expect(Math.abs(eventsASecond(20) / 0.065 / 46e9 - 1)).toBeLessThan(0.11);
  });
  test("26 pJ an event at the rates of figure 17 errs from -41 to 256 %", () => {
    const error = ({ hertz, watts }: { hertz: number; watts: number }) => (26e-12 * eventsASecond(hertz)) / watts - 1;
    expect([error(TRUENORTH_POWERS[0]), error(TRUENORTH_POWERS[2])]).toEqual([
      expect.closeTo(-0.406, 3),
      expect.closeTo(2.561, 3),
    ]);
  });
  test("static power is paid for a millisecond a tick, and is nearly all of a small network", () => {
    const { components, duration, total } = energy(layer(256, 256, 10, 5), truenorth);
    expect(duration!.seconds.typical).toBeCloseTo(0.01, 12);
    expect(components.static!.typical).toBeCloseTo(0.01 * 0.06443, 6);
    expect(components.static!.low).toBeCloseTo((0.01 * 0.06443) / 4096, 9);
    expect(components.static!.typical / total.typical).toBeGreaterThan(0.99);
  });
});

describe("Loihi", () => {
  test("a query of nearest neighbours on 32 chips: 1.33 mJ measured (Frady 2020), 9 to 20 % less than priced", () => {
    const [patterns, steps] = [76_800, 60];
    const priced = [667, 750].map((spikes) => {
      const counts = layer(1000, patterns, steps, spikes, "cuba-lif");
      const { components } = energy(counts, chips.loihi);
      expect(counts.total.neuronUpdates).toBe(4.608e6);
      expect(components.neurons!.typical * 1e3).toBeCloseTo(0.24, 3);
      return components.synapses!.typical + components.neurons!.typical;
    });
    expect(priced.map((x) => x * 1e3)).toEqual([expect.closeTo(1.448, 2), expect.closeTo(1.599, 2)]);
    for (const x of priced) expect(x / 1.33e-3).toBeGreaterThan(1.08);
    for (const x of priced) expect(x / 1.33e-3).toBeLessThan(1.21);
  });
  test("that network needs 75 cores for its neurons and more for its synapses; the static power is a board's by chips", () => {
    const { price } = line(energy(layer(1000, 76_800, 60, 700, "lif"), chips.loihi), "seconds");
    const cores = Math.ceil((1000 * 76_800 * (8 + 10 / 64)) / (64 * 16_384));
    expect(price.value.typical).toBeCloseTo((Math.ceil(cores / 128) * 3.34) / 32, 9);
    expect(price.value.low).toBeCloseTo(((cores / 128) * 3.34) / 32, 9);
  });
  test("a step lasts as its busiest core: 100 updates at 5.3 ns, 100 events at 3.5 ns, and the barrier", () => {
    const { duration } = energy(layer(100, 100, 4, 4), chips.loihi);
    expect(duration!.seconds.low / 4).toBeCloseTo(1e-9 * (113 + 100 * 5.3 + 100 * 3.5), 15);
    expect(duration!.seconds.high / 4).toBeCloseTo(1e-9 * (1800 + 100 * 8.4 + 100 * 3.8), 15);
  });
  test("static energy is power times time, bound by bound", () => {
    const { components, duration, lines } = energy(layer(100, 100, 4, 4), chips.loihi);
    const { value } = lines.find((l) => l.work === "seconds")!.price;
    for (const bound of ["low", "typical", "high"] as const)
      expect(components.static![bound]).toBeCloseTo(value[bound] * duration!.seconds[bound], 15);
    expect(duration!.seconds.high).toBeGreaterThan(duration!.seconds.typical);
  });
  test("a stream sets the pace, and static power is paid in the gaps", () => {
    const account = energy(layer(4, 36, 1, 2), chips.loihi, { stepSeconds: 4e-3 });
    expect(account.duration).toEqual({
      seconds: { low: 4e-3, typical: 4e-3, high: 4e-3 },
      text: "1 time step of 4 ms, the pace of the input",
    });
    expect(account.components.static!.typical).toBeCloseTo((4e-3 * 3.34) / 32, 9);
  });
  test("hops are a range: within a tile, or from corner to corner", () => {
    const { price } = line(energy(layer(10, 10, 1, 1), chips.loihi), "eventReads");
    expect(price.value).toEqual({ low: 1.7, typical: 1.7, high: 1.7 + 33 });
    const wide = line(energy(layer(10, 3000, 1, 1), chips.loihi), "eventReads").price.value;
    expect(wide.low).toBeCloseTo(3 * 1.7, 9); // three cores hear the spike
  });
});

describe("SpiNNaker", () => {
  test("a board of 48 chips with 806 cores at work: 59.4 W measured, 27.5 W more than the same at rest", () => {
    const neurons = 806 * 256;
    const { price } = line(energy(layer(1, neurons, 1, 1), chips.spinnaker), "seconds");
    const chipsUsed = Math.ceil(806 / 16);
    expect(price.value.high - price.value.typical).toBeCloseTo(59.38 - 31.88, 0);
    expect(price.value.typical).toBeCloseTo(0.35 * chipsUsed, 9);
    expect(Math.abs((48 * 0.35) / 16.82 - 1)).toBeLessThan(0.01);
  });
  test("a packet of 40 bits at 25 pJ a bit is 1 nJ; an event 13.3 nJ, an update 26 nJ", () => {
    const account = energy(layer(2, 3, 1, 1), chips.spinnaker);
    expect(line(account, "eventReads").price.value).toEqual({ low: 40 * 25, typical: 1000, high: 1000 });
    expect(account.components.synapses!.typical).toBeCloseTo(3 * 13.3e-9, 15);
    expect(account.components.neurons!.typical).toBeCloseTo(3 * 26e-9, 15);
  });
});

describe("ODIN", () => {
  /** Spikes a second that make `rate` synaptic operations a second, for one second. */
  const watts = (table: ChipTable, rate: number): number =>
    energy(layer(256, 256, 1, rate / 256), table, { seconds: 1 }).total.typical;

  test("477 µW at 75 MHz and its highest rate, 35 µW at 1.3 MHz and 10 Hz a neuron (Frenkel 2019, section IV-A), to 1 %", () => {
    // a second of ticks: the layer helper caps spikes at inputs × steps, so rates go through the price
    const power = (megahertz: number, rate: number): number => {
      const account = energy(layer(256, 256, 1, 1), odin({ megahertz }));
      const perOperation = (line(account, "eventReads").price.value.typical * 1e-12) / 256;
      return line(account, "seconds").price.value.typical + rate * perOperation;
    };
    expect(Math.abs(power(75, 37.5e6) / 477e-6 - 1)).toBeLessThan(0.01);
    expect(Math.abs(power(1.3, 256 * 10 * 256) / 35e-6 - 1)).toBeLessThan(0.01);
    expect(watts(odin(), 256)).toBeCloseTo(27.3e-6 + 75 * 1.78e-6 + 256 * 8.43e-12, 12);
  });
  test("12.7 pJ an operation is its power over its rate, at the clock's pace", () => {
    const account = energy(layer(256, 256, 1, 100), chips.odin);
    expect((account.total.typical / (100 * 256)) * 1e12).toBeCloseTo(12.7, 1);
  });
  test("a network larger than the core is refused with its size", () => {
    expect(() => energy(layer(10, 257, 1, 1), chips.odin)).toThrow(ModelError);
    expect(refusals(layer(300, 257, 1, 1), chips.odin)).toEqual([
      "its 257 neurons do not fit the 256 of the one core",
      "its 300 inputs do not fit the 256 rows of the one core",
    ]);
  });
});

describe("what has no price", () => {
  test("Darwin3: an operation alone; its total is a lower bound with the rest by name", () => {
    const account = energy(layer(4, 8, 2, 3), chips.darwin3);
    expect(account.total.typical).toBeCloseTo(3 * 8 * 5.47e-12, 18);
    expect(account.lowerBound).toBe(true);
    expect(account.unpriced.map((u) => u.work)).toEqual(["neuronUpdates", "eventReads", "seconds"]);
  });
  test.each(["loihi", "truenorth", "spinnaker", "odin"] as const)(
    "%s: an update of an adaptive neuron, and only of it",
    (name) => {
      const [plain, adaptive] = [layer(4, 8, 2, 3), layer(4, 8, 2, 3, "se-adlif")];
      const both = countNetwork("both", 2, [{ ...adaptive.layers[0]!, name: "adaptive" }, plain.layers[0]!]);
      expect(energy(plain, chips[name]).lowerBound).toBe(false);
      const { lowerBound, unpriced, components, notes } = energy(both, chips[name]);
      expect(lowerBound).toBe(true);
      expect(unpriced).toMatchObject([{ work: "neuronUpdates", count: 16, layers: ["adaptive"] }]);
      expect(unpriced[0]!.reason).toContain("not of se-adlif");
      expect(notes.join("\n")).toContain("neuron updates of adaptive: no price");
      if (name === "loihi") expect(components.neurons!.typical).toBeCloseTo(16 * 52e-12, 18);
    },
  );
  test("analog input is not the chip's work", () => {
    const counts = spiking({ binaryInputs: false });
    for (const table of all) expect(energy(counts, table).unpriced.map((u) => u.work)).toContain("macs");
  });
  test("a conventional twin cannot run on any, and says why", () => {
    for (const table of all) {
      expect(refusals(twin(), table)).toContain("it has no spiking neurons, and the chip carries spikes");
      expect(() => energy(twin(), table)).toThrow("no spiking neurons");
    }
  });
});

describe("every chip", () => {
  test.each(all.map((table) => [table.name, table] as const))("%s: each price states its facts", (_, table) => {
    const counts = layer(4, 8, 2, 3);
    for (const pricing of Object.values(table.lines)) {
      const price: Price | undefined = "price" in pricing ? pricing.price(counts, {}) : undefined;
      if (!price) continue;
      expect(price.value.low).toBeGreaterThan(0);
      expect(price.value.low).toBeLessThanOrEqual(price.value.typical);
      expect(price.value.typical).toBeLessThanOrEqual(price.value.high);
      expect(price.process).toMatch(/^\d+ nm/);
      for (const key of ["includes", "excludes", "source"] as const) expect(price[key]).toMatch(/./);
      expect(price.source).toMatch(/\d{4}|version_spin1/);
      expect(["measured silicon", "pre-silicon", "derived"]).toContain(price.grade);
    }
  });
  test("static power is in every total or among what has none; it never vanishes", () => {
    for (const table of all) {
      const { components, unpriced, duration } = energy(layer(4, 8, 2, 3), table);
      expect(duration!.seconds.low).toBeGreaterThan(0);
      expect(components.static !== undefined || unpriced.some((u) => u.work === "seconds")).toBe(true);
    }
  });
  test("more spikes never cost less", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.constantFrom(...all), (a, b, table) => {
        const [few, many] = [Math.min(a, b), Math.max(a, b)].map((n) => energy(layer(20, 30, 2, n), table).total);
        for (const bound of ["low", "typical", "high"] as const)
          expect(many![bound]).toBeGreaterThanOrEqual(few![bound] * (1 - 1e-12));
      }),
      { numRuns: 100 },
    );
  });
});

test("a chip against a processor: each by its own table, which the text names; ranges are independent", () => {
  const [a, b] = [energy(layer(4, 8, 2, 3), chips.loihi), energy(twin(), processor)];
  const { ratio, text } = compareAcross(a, b);
  expect(ratio.low).toBeCloseTo(a.total.low / b.total.high, 12);
  expect(ratio.high).toBeCloseTo(a.total.high / b.total.low, 12);
  expect(text).toContain('net by "Intel Loihi, 14 nm", twin by "a processor at 45 nm, 32-bit floating point": ');
});
