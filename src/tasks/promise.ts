/** What is often promised of spiking networks, put to the test: how many times less energy, and what of it is left when more is counted. */
import type { Account } from "../energy/account.ts";
import type { Range } from "../energy/horowitz.ts";
import { compareEnergies, FORMATS, type Format } from "./account.ts";
import type { Accounted, Side, Twin } from "./side.ts";
import type { Promised } from "./task.ts";

/** Energies of a twin in units of that of the spiking network. */
export interface Ratios {
  readonly twin: string;
  readonly format: Format;
  /** Sums of weights alone, in 32-bit floats: the popular figure. */
  readonly popular: number;
  /** All arithmetic, updates of neurons included. */
  readonly arithmetic: Range;
  /** And memory. */
  readonly total: Range;
  /** The same, were the arithmetic of the twin's units (gates, exponentials) free. */
  readonly freeGates: Range;
  /** Where work has no price: which way the ratios are off, or that nobody knows. */
  readonly bound?: "at least" | "at most" | "unknown";
}

export interface PromiseReport extends Promised {
  readonly ratios: readonly Ratios[];
  /** With memory, against every twin, at every price. */
  readonly kept: boolean;
  /** The spiking network fired no spike: there is nothing to judge. */
  readonly dead: boolean;
}

export function promiseReport(spiking: Side, twin: Twin, promised: Promised): PromiseReport {
  if (spiking.energy.f32.dead) return { ...promised, ratios: [], kept: false, dead: true };
  const ratios = [twin, twin.zeroSkipping].flatMap((t) => FORMATS.map((f) => ratiosOf(f, spiking, t)));
  return { ...promised, ratios, kept: ratios.every(keeps(promised)), dead: false };
}

/** What the spiking network lacks in prices could still break it. */
const keeps =
  ({ low }: Promised) =>
  ({ total, bound }: Ratios): boolean =>
    total.low >= low && bound !== "at most" && bound !== "unknown";

const BOUNDS = { both: "unknown", twin: "at least", spiking: "at most" } as const;
/** Which way a ratio of a twin's energy to the spiking network's is off. Work without a price makes a twin's ratio too low, and work of the spiking network makes it too high. */
export function boundOf(spiking: Account, twin: Account): Pick<Ratios, "bound"> {
  const missing = spiking.lowerBound ? (twin.lowerBound ? "both" : "spiking") : twin.lowerBound ? "twin" : undefined;
  return missing ? { bound: BOUNDS[missing] } : {};
}

function ratiosOf(format: Format, spiking: Accounted, twin: Accounted): Ratios {
  const [a, b] = [spiking.energy[format], twin.energy[format]];
  return {
    twin: b.name,
    format,
    popular: b.popular.value / a.popular.value,
    arithmetic: ratio(b.components.arithmetic, a.components.arithmetic),
    total: compareEnergies(twin.energy, spiking.energy)[format].ratio,
    freeGates: ratio(withoutUpdates(b), a.total),
    ...boundOf(a, b),
  };
}

const NOTHING: Range = { low: 0, typical: 0, high: 0 };
/** One setting of the prices holds for both. */
function ratio(b: Range = NOTHING, a: Range = NOTHING): Range {
  const typical = b.typical / a.typical;
  const all = [b.low / a.low, typical, b.high / a.high];
  return { low: Math.min(...all), typical, high: Math.max(...all) };
}

/** The total less what additions and multiplications of neuron updates cost. */
function withoutUpdates({ total, lines }: Account): Range {
  const free = lines.filter((l) => l.work === "additions" || l.work === "multiplications").map((l) => l.energy);
  return free.reduce(
    (rest, e) => ({ low: rest.low - e.low, typical: rest.typical - e.typical, high: rest.high - e.high }),
    total,
  );
}
