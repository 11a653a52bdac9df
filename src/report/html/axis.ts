/** Axes with round ticks: 1, 2 or 5 times a power of ten, as d3-scale chooses them (Bostock, d3-array, `ticks`). */

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
  /** What it measures, with its unit. */
  readonly label: string;
}
type Ends = Pick<Axis, "low" | "high">;

/** One that is widened to round ends, with about so many ticks. */
export function linearAxis(low: number, high: number, label: string, count = 5): Axis {
  const ends = niceEnds({ low, high: high === low ? low + 1 : high }, count);
  return axisOf(ends, label, count);
}
/** One that ends where the data do. */
export const exactAxis = (low: number, high: number, label: string, count = 5): Axis =>
  axisOf({ low, high: high === low ? low + 1 : high }, label, count);

function axisOf(ends: Ends, label: string, count: number): Axis {
  const step = stepOf(ends, count);
  return { ...ends, ticks: ticksOf(ends, step), format: formatOf(step), label };
}
export const shareOf = ({ low, high }: Ends, value: number): number => (value - low) / (high - low);

/** `factor · 10^power`. */
interface Step {
  readonly factor: number;
  readonly power: number;
}
/** The round step that comes nearest, on a logarithmic scale, to a `count`th of the range. */
function stepOf({ low, high }: Ends, count: number): Step {
  const exact = (high - low) / count;
  const power = Math.floor(Math.log10(exact));
  const rest = exact / 10 ** power;
  const factor = rest >= Math.sqrt(50) ? 10 : rest >= Math.sqrt(10) ? 5 : rest >= Math.SQRT2 ? 2 : 1;
  return { factor, power };
}

/** Whole multiples of a step; small ones divide, so that 0.3 is the number that is written so. */
const multiple = (k: number, { factor, power }: Step): number =>
  power < 0 ? (k * factor) / 10 ** -power : k * factor * 10 ** power;

function ticksOf({ low, high }: Ends, step: Step): number[] {
  const nearest = (x: number): number => Math.round(x / multiple(1, step));
  let [first, last] = [nearest(low), nearest(high)];
  if (multiple(first, step) < low) first++;
  if (multiple(last, step) > high) last--;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => multiple(first + k, step) + 0); // no -0
}

/** Wider ends may ask for a wider step, and so on until they do not. */
function niceEnds(ends: Ends, count: number): Ends {
  let [now, before] = [ends, 0];
  for (let k = 0; k < 10; k++) {
    const step = stepOf(now, count);
    const unit = multiple(1, step);
    if (unit === before) break;
    now = { low: below(now.low, step), high: -below(-now.high, step) + 0 };
    before = unit;
  }
  return now;
}
/** The multiple that is x, but for rounding, or the next below it. */
function below(x: number, step: Step): number {
  const nearest = multiple(Math.round(x / multiple(1, step)), step);
  if (Math.abs(nearest - x) <= 1e-14 * Math.abs(x)) return nearest + 0;
  return multiple(Math.floor(x / multiple(1, step)), step) + 0;
}

/** As many decimals as tell ticks apart, thousands apart, and a true minus sign. */
function formatOf({ factor, power }: Step): (value: number) => string {
  const digits = Math.max(0, -(power + (factor === 10 ? 1 : 0)));
  const groups = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => groups.format(value).replace("-", "−");
}
