import { Command } from "commander";
import { trainNames } from "../tasks/names.ts";
import { type Flags, option } from "./options.ts";
import { print } from "./run.ts";

export function explainCommand(): Command {
  return new Command("explain")
    .description(
      "Prints the network of a task, of a simulation or of a file, its schedule, its program, its kernels (IR and WebAssembly text), " +
        "its memory plan, and the operations and bytes of a step.",
    )
    .argument(
      "<target>",
      `a task (${trainNames()}), what \`rheobase simulate\` runs (cuba, coba, cobahh, brunel, a module, a SONATA configuration), or a file that \`rheobase train\` saved`,
    )
    .addOption(option.steps())
    .addOption(option.encoder())
    .addOption(option.segment())
    .addOption(option.seed())
    .addOption(option.threads())
    .addOption(option.json())
    .addHelpText("after", "\nExample:\n  rheobase explain digits | less\n  rheobase explain cuba | less")
    .action(async (task: string, { json, ...flags }: Flags) => {
      const { explain } = await import("../tasks/explain.ts");
      await print({ json }, (onProgress) => explain({ task, ...flags }, onProgress));
    });
}
