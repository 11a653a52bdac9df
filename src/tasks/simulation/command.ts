/** The options of a simulation, and the command that makes it again. */
import { quoted } from "../options.ts";
import type { SimulationOptions } from "./options.ts";

/** In the order of the command line; what a result does not depend on comes last. */
const FLAGS = ["duration", "dt", "dtype", "engine", "seed", "input", "record", "threads"] as const;

export const optionsOf = (options: SimulationOptions): Record<string, unknown> =>
  Object.fromEntries(FLAGS.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));

export function commandOf(options: SimulationOptions): string {
  const flags = FLAGS.flatMap((name) => {
    const value = options[name];
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).flatMap((x) => [`--${name}`, String(x)]);
  });
  const files = (options.out ?? []).flatMap((file) => ["--out", file]);
  return ["rheobase", "simulate", options.target, ...flags, ...files].map(quoted).join(" ");
}
