import { availableParallelism } from "node:os";
import { Command, Option } from "commander";
import type { SimulationOptions } from "../tasks/simulation/options.ts";
import { type Flags, option, wholeNumber } from "./options.ts";
import { EXIT, print } from "./run.ts";
import { listen, SIGNALS } from "./signals.ts";

const HELP = `
A file is a module in TypeScript or JavaScript that exports a network (and, if
it likes, inputs, sources, record and duration), what 'rheobase train' saved
(.h5), or a SONATA configuration (.json), which may have inputs, a duration, a
step and a seed.

What to record:
  e.spike          spikes of e alone; where none are named, of all populations
  e.v[0..9]        a variable of some neurons, in every step; 0..99/10, 3,7
  e.v[0]@1ms       every millisecond; @10 is every ten steps
  'e>i.ge.w'       weights of a connection, at the beginning and at the end
  weights          of all connections

With spikes.h5 or spikes.csv, variables and weights go to files beside it:
spikes.e.v.h5 (a report as SONATA has them), spikes.e.v.csv.

Input that is not given is silent:
  --input drive=15Hz          Poisson spikes, so many a second of each element
  --input 'drive=every 10ms'  regular spikes
  --input drive=spikes.csv    columns neuron and time (in s)
  --input drive=spikes.h5     spikes in SONATA's format
  --input drive=0.5           a constant value

Ctrl-C stops the run; what there is is told and written.

Example:
  rheobase simulate cuba --duration 2s --out cuba.html --out spikes.h5
  rheobase simulate network.ts --record 'e.v[0..2]' --input drive=20Hz`;

/** An option that may be given again. */
const repeated = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text,
  ]);

type SimulateFlags = Omit<SimulationOptions, "target" | "stop"> & Pick<Flags, "json" | "quiet">;

export function simulateCommand(): Command {
  return new Command("simulate")
    .description(
      "Runs a network and says what its neurons did, whether anything looks wrong, and how fast it was. " +
        "Writes spikes (.h5 in SONATA's format, .csv), a page with raster, rates, traces, intervals and weights (.html), and data (.json).",
    )
    .argument("<target>", "cuba, coba, cobahh, brunel, or a file")
    .addOption(new Option("--duration <time>", "model time, such as 2s or 500ms (default: the file's, or 1s)"))
    .addOption(new Option("--dt <time>", "length of a step, such as 0.1ms (default: the network's)"))
    .addOption(new Option("--dtype <type>", "of states (default: f32; exact: f64)").choices(["f32", "f64"]))
    .addOption(
      new Option("--engine <name>", "in steps, or event by event (default: clocked)").choices(["clocked", "exact"]),
    )
    .addOption(repeated("--record <what>", "what to keep; may be given again"))
    .addOption(repeated("--input <name=what>", "what enters; may be given again"))
    .addOption(option.out("spikes.h5, spikes.csv, report.html, result.json"))
    .addOption(
      new Option("--seed <n>", "of weights, connections and noise (default: the file's, or 1)").argParser(
        wholeNumber(0, 2 ** 32 - 1),
      ),
    )
    .addOption(option.threads().default(availableParallelism(), "one a core"))
    .addOption(option.quiet())
    .addOption(option.json())
    .addHelpText("after", HELP)
    .action(async (target: string, { json, quiet, ...flags }: SimulateFlags) => {
      const { simulateTask } = await import("../tasks/simulation/simulate.ts");
      const stop = listen();
      try {
        await print({ json, quiet }, async (onProgress) => {
          const report = await simulateTask({ target, ...flags, stop }, onProgress);
          if (report.failed) process.exitCode = EXIT.failed;
          if (report.interrupted) process.exitCode = SIGNALS[stop.signal ?? "SIGINT"];
          return report;
        });
      } finally {
        stop.end();
      }
    });
}
