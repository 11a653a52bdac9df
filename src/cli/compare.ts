import { Command } from "commander";
import { type Flags, option } from "./options.ts";
import { print } from "./run.ts";

export function compareCommand(): Command {
  return new Command("compare")
    .description(
      "Trains a spiking network and its conventional twin on the same data, and prints accuracy, speed, firing rates, " +
        "operation counts and energy of both, saying which of them wins at what.",
    )
    .argument("<task>", "digits, mnist or fashion-mnist")
    .addOption(option.data())
    .addOption(option.epochs())
    .addOption(option.steps())
    .addOption(option.encoder())
    .addOption(option.seed())
    .addOption(option.threads())
    .addOption(option.json())
    .addHelpText("after", "\nExample:\n  rheobase compare digits --epochs 5 --json")
    .action(async (task: string, { json, ...flags }: Flags) => {
      const { compare } = await import("../tasks/compare.ts");
      await print(json, (onProgress) => compare({ task, ...flags }, onProgress));
    });
}
