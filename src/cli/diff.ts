import { Command, InvalidArgumentError } from "commander";
import type { DiffOptions } from "../tasks/diff.ts";
import { option, wholeNumber } from "./options.ts";
import { EXIT, print } from "./run.ts";

interface Flags extends Omit<DiffOptions, "fileA" | "fileB"> {
  readonly json?: boolean;
  readonly quiet?: boolean;
}

function share(text: string): number {
  const x = Number(text);
  if (text.trim() !== "" && x >= 0 && x < 1) return x;
  throw new InvalidArgumentError("It must be a number from 0 to below 1.");
}

const HELP = `
A file is a module in TypeScript or JavaScript that exports a network, an
artefact (.h5), a SONATA configuration (.json), a trail that --save wrote, or
spikes in SONATA's format (.h5), as 'rheobase simulate' and others write them;
cuba, coba, cobahh and brunel are networks by name. All of them are what they
are to 'rheobase simulate'. Settings are
  engine=clocked|exact  backend=wasm|interpret  dtype=f32|f64
  threads=N  seed=N  dt=DURATION
  (seed: by default the file's, or 1)

Exit codes: 0 the runs are equal, 1 they part (or something failed, and stdout
is empty), 2 bad usage.

Example:
  rheobase diff net.ts --b backend=interpret
  rheobase diff cuba --duration 1s --a dtype=f32 --b dtype=f64 --tolerance 1e-4
  rheobase diff net.ts --a dtype=f64 --b engine=exact --within "0.2 ms"
  rheobase diff net.ts --save before.trail
  rheobase diff before.trail net.ts
  rheobase diff net.ts spikes.h5 --within "0.2 ms"`;

export function diffCommand(): Command {
  return new Command("diff")
    .description(
      "Runs two networks, or one in two ways, side by side, and says in which step, population, neuron and variable they " +
        "part first, with the values on both sides and those of the steps before. Without steps in common, spikes are " +
        "compared by their times.",
    )
    .argument(
      "<a>",
      "a network by name, or a file: a module, an artefact, a SONATA configuration, a trail or a file of spikes",
    )
    .argument("[b]", "another one (default: the same)")
    .option("--a <settings>", "how the first is run, such as dtype=f32,seed=1")
    .option("--b <settings>", "how the second is run")
    .option("--both <settings>", "how both are run, where --a and --b do not say")
    .option(
      "--input <name=what>",
      "what enters both, as of 'rheobase simulate'; may be given again",
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option("--duration <time>", 'how long, such as "200 ms" (default: what the file says, or 1 s)')
    .option("--tolerance <share>", "of a variable's largest value, that may differ", share)
    .option("--within <time>", "what times of spikes may differ by (default: one step)")
    .option("--context <n>", "steps before that are shown (default: 3)", wholeNumber(0, 1000))
    .option("--every <n>", "steps from one look to the next at most", wholeNumber(1, 65_536))
    .option("--save <file>", "write the trail of the first run, and compare nothing")
    .addOption(option.quiet())
    .addOption(option.json())
    .addHelpText("after", HELP)
    .action(async (fileA: string, fileB: string | undefined, { json, quiet, ...flags }: Flags) => {
      const { diff } = await import("../tasks/diff.ts");
      await print({ json, quiet }, async (onProgress) => {
        const report = await diff({ fileA, ...(fileB !== undefined && { fileB }), ...flags }, onProgress);
        if (!report.equal) process.exitCode = EXIT.failed;
        return report;
      });
    });
}
