import { Command } from "commander";
import { UsageError } from "../base/errors.ts";
import { isTrainName, trainNames } from "../tasks/names.ts";
import { type CheckpointFlags, checkpointOption, resumable } from "./checkpoint.ts";
import { type Flags, option } from "./options.ts";
import { print } from "./run.ts";
import { type WatchFlags, watchOf, watchOption } from "./watch.ts";

const HELP = `
Ctrl-C saves the training and says how to go on; a second one ends at once.
Whatever ends it, --resume goes on from the last checkpoint, with the same
options, to the same weights. The checkpoint is removed when the network is
saved.

Example:
  rheobase train digits --out digits.h5 --out report.html --seed 7`;

/** What commander says of a mandatory option; it would say so before it looks at the task's name. */
const NO_OUT = {
  message: "error: required option '--out <file>' not specified",
  code: "commander.missingMandatoryOptionValue",
};
function knownTask(name: string): string {
  if (isTrainName(name)) return name;
  throw new UsageError("unknown-name", name, `unknown task; known: ${trainNames()}`);
}

export function trainCommand(): Command {
  return new Command("train")
    .description(
      "Trains the spiking network of a task and saves it, with its encoder and its origin, as one HDF5 file (.h5); " +
        "also writes what was found as a page (.html) or as data (.json).",
    )
    .argument("<task>", trainNames(), knownTask)
    .addOption(option.out("network.h5, report.html, result.json"))
    .addOption(option.data())
    .addOption(option.epochs())
    .addOption(option.steps())
    .addOption(option.neurons())
    .addOption(option.samples())
    .addOption(option.cell())
    .addOption(option.learner())
    .addOption(option.encoder())
    .addOption(option.seed())
    .addOption(option.seeds())
    .addOption(option.threads())
    .addOption(option.memory())
    .addOption(checkpointOption.checkpoint("the first --out, with .checkpoint added"))
    .addOption(checkpointOption.every())
    .addOption(checkpointOption.resume())
    .addOption(watchOption.watch())
    .addOption(watchOption.log())
    .addOption(watchOption.tensorboard())
    .addOption(option.quiet())
    .addOption(option.json())
    .addHelpText("after", HELP)
    .action(
      async (
        task: string,
        { json, quiet, checkpoint, every, resume, ...flags }: Flags & CheckpointFlags & WatchFlags,
        command: Command,
      ) => {
        if (!flags.out) return command.error(NO_OUT.message, { code: NO_OUT.code });
        const { train } = await import("../tasks/train.ts");
        const { watch, rest } = watchOf(flags);
        const file = checkpoint ?? (flags.seeds ? undefined : `${flags.out[0]}.checkpoint`);
        const saving = { ...(file && { checkpoint: file }), every, ...(resume && { resume }) };
        await resumable(saving, (checkpoint) =>
          print({ json, quiet }, (onProgress) =>
            train({ task, ...rest, watch, ...(checkpoint && { checkpoint }) }, onProgress),
          ),
        );
      },
    );
}
