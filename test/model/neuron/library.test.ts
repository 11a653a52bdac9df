/** What holds for every neuron of the library. */
import { expect, test } from "vitest";
import * as library from "../../../src/model/index.ts";

const { adex, alif, alphaLif, cobaLif, cubaLif, eif, gif, gruCell, hodgkinHuxley, integrateAndFire, izhikevich } =
  library;
const { leakyIntegrator, lif, linear, lstmCell, parametricLif, qif, quantisedRelu, relu, resonateAndFire } = library;
const { seAdLif, secondOrderLif, traubMiles, liquidCell, liquidIntegrator } = library;
const MAKERS = [
  ...[adex, alif, alphaLif, cobaLif, cubaLif, eif, gif, gruCell, hodgkinHuxley, integrateAndFire, izhikevich],
  ...[leakyIntegrator, lif, linear, lstmCell, parametricLif, qif, quantisedRelu, relu, resonateAndFire],
  ...[seAdLif, secondOrderLif, traubMiles, liquidCell, liquidIntegrator],
];
/** Those with a table of parameters. */
const TABLED = [adex, cobaLif, eif, gif, hodgkinHuxley, izhikevich, qif, resonateAndFire, traubMiles];

test.each(MAKERS.map((make) => [make.name, make()] as const))(
  "%s: says what it is and where it comes from; JSON holds it",
  (_name, model) => {
    expect(model.spec.doc).toBeTruthy();
    expect(model.spec.source).toMatch(/\d{4}/);
    expect(library.neuron(JSON.parse(JSON.stringify(model.spec)))).toEqual(model);
  },
);
test.each(TABLED.map((make) => [make.name, make] as const))(
  "%s: every parameter is explained, and can be another",
  (_name, make) => {
    for (const p of make().parameters) {
      expect(p.doc).toBeTruthy();
      const other = p.value === 0 ? 0.25 : p.value * 1.25;
      const changed = make({ [p.name]: { value: other, unit: unitOf(p.name) } });
      expect(changed.parameters.find((x) => x.name === p.name)!.value / other).toBeCloseTo(1, 14);
    }
    /** The SI unit that its published text is of, read off by trying. */
    function unitOf(name: string): string {
      const units = ["1", "volt", "second", "Hz", "siemens", "farad", "amp", "volt/second", "Hz/volt"];
      const area = ["farad/meter**2", "siemens/meter**2"];
      const fits = (unit: string): boolean => {
        try {
          make({ [name]: { value: 1, unit } });
          return true;
        } catch (e) {
          return (e as { code?: string }).code === "out-of-range";
        }
      };
      return [...units, ...area].find(fits)!;
    }
  },
);
const { balancedResonateAndFire, slidingPsn, synapseFilter } = library;
const OPTIONED = [
  ...[alif, alphaLif, cubaLif, integrateAndFire, leakyIntegrator, lif, parametricLif, seAdLif, secondOrderLif],
  ...[liquidCell, balancedResonateAndFire, slidingPsn, synapseFilter, ...TABLED],
];
test.each(OPTIONED.map((make) => [make.name, make] as const))(
  "%s: an option that is none is named, with those that are",
  (name, make) => {
    const where = TABLED.includes(make as never) ? "[a-z-]+\\.parameters" : `(${name}|[a-z-]+\\.parameters)`;
    expect(() => make({ nothing: 1 } as object)).toThrow(
      new RegExp(`^${where}\\.nothing: unknown property; known: \\w`),
    );
    expect(() => make("5 ms" as never)).toThrow(/takes its options as an object, got 5 ms/);
  },
);
/** Those without options. */
const PLAIN = [gruCell, linear, liquidIntegrator, lstmCell, quantisedRelu, relu, library.spikingLstmCell];
test.each(PLAIN.map((make) => [make.name, make as (...options: unknown[]) => unknown] as const))(
  "%s: options that it does not have are refused",
  (name, make) => {
    const thrown = (code: string, path: string) => expect.objectContaining({ code, path });
    expect(() => make({ tau: "5 ms" })).toThrow(thrown("unknown-name", `${name}.tau`));
    expect(() => make(3)).toThrow(thrown("type-mismatch", name));
    expect(make({})).toEqual(make());
  },
);
test("what a reset and an integration may be is told", () => {
  expect(() => lif({ reset: "none" as never })).toThrow(
    "reset: must be 'zero', 'subtract' or { to: value }, got 'none'",
  );
  expect(() => lif({ reset: null as never })).toThrow("got null");
  expect(() => cubaLif({ integration: "rk4" as never })).toThrow("must be 'exact' or 'euler', got 'rk4'");
});
