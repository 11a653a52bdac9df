import { Command } from "commander";
import { type Flags, option } from "./options.ts";
import { print } from "./run.ts";

export function newCommand(): Command {
  return new Command("new")
    .description("Makes a folder with a small project in TypeScript: a network, a test, and what runs them.")
    .argument("<name>", "of the project and its folder")
    .option("--rheobase <spec>", "version, folder or tarball to depend on (default: this one)")
    .addOption(option.json())
    .addHelpText("after", "\nExample:\n  rheobase new demo")
    .action(async (name: string, { json, rheobase }: Pick<Flags, "json"> & { readonly rheobase?: string }) => {
      const { starter } = await import("../tasks/starter.ts");
      await print({ json }, () => starter({ name, ...(rheobase !== undefined && { rheobase }) }));
    });
}
