import { Command } from "commander";
import { trainNames } from "../tasks/names.ts";
import { type CheckpointFlags, checkpointOption, resumable } from "./checkpoint.ts";
import { type Flags, option } from "./options.ts";
import { print } from "./run.ts";
import { type WatchFlags, watchOf, watchOption } from "./watch.ts";

export function compareCommand(): Command {
  return new Command("compare")
    .description(
      "Trains a spiking network and its conventional twin on the same data, and prints accuracy, speed, firing rates, " +
        "operation counts and energy of both, saying which of them wins at what. Energy is priced by tables of arithmetic, of a " +
        "processor and of chips, and measured where the processor's counters (RAPL) can be read.",
    )
    .argument("<task>", trainNames())
    .addOption(option.out("report.html, result.json"))
    .addOption(option.data())
    .addOption(option.epochs())
    .addOption(option.steps())
    .addOption(option.neurons())
    .addOption(option.samples())
    .addOption(option.encoder())
    .addOption(option.seed())
    .addOption(option.seeds())
    .addOption(option.threads())
    .addOption(option.memory())
    .addOption(checkpointOption.checkpoint("nowhere"))
    .addOption(checkpointOption.every())
    .addOption(checkpointOption.resume())
    .addOption(watchOption.watch())
    .addOption(watchOption.log())
    .addOption(watchOption.tensorboard())
    .addOption(option.quiet())
    .addOption(option.json())
    .addHelpText("after", "\nExample:\n  rheobase compare digits --epochs 5 --out report.html")
    .action(
      async (
        task: string,
        { json, quiet, checkpoint, every, resume, ...flags }: Flags & CheckpointFlags & WatchFlags,
      ) => {
        const { compare } = await import("../tasks/compare.ts");
        const { watch, rest } = watchOf(flags);
        await resumable({ every, ...(checkpoint && { checkpoint }), ...(resume && { resume }) }, (checkpoint) =>
          print({ json, quiet }, (onProgress) =>
            compare({ task, ...rest, watch, ...(checkpoint && { checkpoint }) }, onProgress),
          ),
        );
      },
    );
}
