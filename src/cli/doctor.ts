import { Command } from "commander";
import { type Flags, option } from "./options.ts";
import { EXIT, print } from "./run.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description(
      "Shows what this machine can do (Node, processor, WebAssembly, packages, data), measures in a few seconds how " +
        "fast it is, and says what would help. The exit code is 1 where Rheobase cannot run.",
    )
    .addOption(option.json())
    .addHelpText("after", "\nExample:\n  rheobase doctor")
    .action(async ({ json }: Pick<Flags, "json">) => {
      const { doctor } = await import("../tasks/doctor.ts");
      await print({ json }, async (onProgress) => {
        const report = await doctor(onProgress);
        if (!report.works) process.exitCode = EXIT.failed;
        return report;
      });
    });
}
