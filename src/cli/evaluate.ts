import { Command } from "commander";
import { sharedNames } from "../tasks/names.ts";
import { type Flags, option } from "./options.ts";
import { print } from "./run.ts";

export function evaluateCommand(): Command {
  return new Command("evaluate")
    .description("Runs a saved network on the test data of a task, and prints its accuracy, rates, counts and energy.")
    .argument("<file>", "what `rheobase train` saved")
    .argument("<task>", sharedNames())
    .addOption(option.data())
    .addOption(option.trainedSeed())
    .addOption(option.threads())
    .addOption(option.quiet())
    .addOption(option.json())
    .addHelpText("after", "\nExample:\n  rheobase evaluate digits.h5 digits")
    .action(async (file: string, task: string, { json, quiet, ...flags }: Flags) => {
      const { evaluate } = await import("../tasks/evaluate.ts");
      await print({ json, quiet }, (onProgress) => evaluate({ file, task, ...flags }, onProgress));
    });
}
