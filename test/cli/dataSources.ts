/** `rheobase data` for `data.test.ts`, with the sets that SOURCES describes as JSON. */
import { Command } from "commander";
import { dataCommand } from "../../src/cli/data.ts";
import { failure } from "../../src/cli/run.ts";

try {
  const root = new Command("rheobase").exitOverride().addCommand(dataCommand(JSON.parse(process.env["SOURCES"]!)));
  await root.parseAsync(process.argv.slice(2), { from: "user" });
} catch (error) {
  process.exitCode = failure(error);
}
