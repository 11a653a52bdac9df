/** What examples share: options that make them longer, and a number beside the one that it must be. */

/** The number behind `--name` on the command line, else what CI runs: `npx tsx examples/cuba.ts --duration 10`. */
export function option(name: string, usual: number): number {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return usual;
  const value = Number(process.argv[at + 1]);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new Error(`--${name} needs a number above 0, got '${process.argv[at + 1] ?? ""}'`);
}

/** Prints a figure and what it must be; further away than `within`, the program goes on and fails in the end. */
export function must(what: string, value: number, expected: number, within: number, unit = ""): void {
  const good = Math.abs(value - expected) <= within; // not so for NaN
  const behind = unit && ` ${unit}`;
  console.log(
    `${good ? "ok    " : "WRONG "} ${what}: ${short(value)}${behind}, must be ${short(expected)} ± ${short(within)}${behind}`,
  );
  if (!good) process.exitCode = 1;
}
const short = (x: number): string => (Number.isInteger(x) ? String(x) : String(Number(x.toPrecision(6))));
