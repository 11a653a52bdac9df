import { Command } from "commander";
import { type CheckpointFlags, checkpointOption, resumable } from "./checkpoint.ts";
import { type Flags, option } from "./options.ts";
import { print } from "./run.ts";

const HELP = `
Ctrl-C saves the training and says how to go on; a second one ends at once. Whatever ends it, --resume goes on from
the last checkpoint, with the same options, to the same weights. The checkpoint is removed when the network is saved.

Example:
  rheobase train digits --out digits.h5 --seed 7`;

export function trainCommand(): Command {
  return new Command("train")
    .description(
      "Trains the spiking network of a task and saves it, with its encoder and its origin, as one HDF5 file.",
    )
    .argument("<task>", "digits, mnist, fashion-mnist or ecg")
    .addOption(option.out().makeOptionMandatory())
    .addOption(option.data())
    .addOption(option.epochs())
    .addOption(option.steps())
    .addOption(option.encoder())
    .addOption(option.seed())
    .addOption(option.threads())
    .addOption(checkpointOption.checkpoint("that of --out, with .checkpoint added"))
    .addOption(checkpointOption.every())
    .addOption(checkpointOption.resume())
    .addOption(option.json())
    .addHelpText("after", HELP)
    .action(async (task: string, { json, checkpoint, every, resume, ...flags }: Flags & CheckpointFlags) => {
      const { train } = await import("../tasks/train.ts");
      const saving = { checkpoint: checkpoint ?? `${flags.out}.checkpoint`, every, ...(resume && { resume }) };
      await resumable(saving, (checkpoint) =>
        print(json, (onProgress) => train({ task, ...flags, ...(checkpoint && { checkpoint }) }, onProgress)),
      );
    });
}
