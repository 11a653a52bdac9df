import { Command } from "commander";
import { type Flags, option } from "./options.ts";
import { print } from "./run.ts";

export function trainCommand(): Command {
  return new Command("train")
    .description(
      "Trains the spiking network of a task and saves it, with its encoder and its origin, as one HDF5 file.",
    )
    .argument("<task>", "digits, mnist or fashion-mnist")
    .addOption(option.out().makeOptionMandatory())
    .addOption(option.data())
    .addOption(option.epochs())
    .addOption(option.steps())
    .addOption(option.encoder())
    .addOption(option.seed())
    .addOption(option.threads())
    .addOption(option.json())
    .addHelpText("after", "\nExample:\n  rheobase train digits --out digits.h5 --seed 7")
    .action(async (task: string, { json, ...flags }: Flags) => {
      const { train } = await import("../tasks/train.ts");
      await print(json, (onProgress) => train({ task, ...flags }, onProgress));
    });
}
