import { Command, Option } from "commander";
import { RunError } from "../base/errors.ts";
import type { Source } from "../data/store/source.ts";
import type { DataOptions } from "../tasks/data.ts";
import type { OnProgress, TaskReport } from "../tasks/options.ts";
import { option } from "./options.ts";
import { EXIT, print } from "./run.ts";
import { listen, SIGNALS } from "./signals.ts";

interface Flags {
  readonly data?: string;
  readonly force?: boolean;
  readonly keepArchives?: boolean;
  readonly json?: boolean;
}
type Work = (options: DataOptions, onProgress: OnProgress) => Promise<TaskReport>;

/** As other commands call it; `--dir` is its older name. */
const folder = (): Option =>
  new Option("--dir, --data <dir>", "folder that holds a folder NAME for each set (default: the user's cache)").env(
    "RHEOBASE_DATA",
  );

const HELP = `
Example:
  rheobase data get mnist

A download that was stopped is gone on with by the same command. HTTP_PROXY,
HTTPS_PROXY and NO_PROXY are honoured.`;

/** @param sources the sets that there are, where not those of the registry */
export function dataCommand(sources?: readonly Source[]): Command {
  const actions = [list(), info(), get(), verify()].map((make) => make(sources));
  const command = new Command("data")
    .description("Lists data sets and where they come from, gets them from their publishers, and verifies them.")
    .addHelpText("after", HELP);
  for (const action of actions) command.addCommand(action);
  return command;
}

type Make = (sources?: readonly Source[]) => Command;

function list(): Make {
  return (sources) =>
    new Command("list")
      .summary("the sets, their size, and whether they are here")
      .description("Lists the sets that `get` knows, their size, and whether they are here.")
      .addOption(folder())
      .addOption(option.json())
      .addHelpText("after", "\nExample:\n  rheobase data list --json")
      .action(async (flags: Flags) => {
        const { dataList } = await import("../tasks/data.ts");
        await run(flags, sources, (options) => dataList(options));
      });
}

function info(): Make {
  return (sources) =>
    named("info", "what a set holds, its files, checksums, licence and citation")
      .description("Tells what a set holds, where it is published, its checksums, its licence and how to cite it.")
      .addHelpText("after", "\nExample:\n  rheobase data info shd")
      .action(async (name: string, flags: Flags) => {
        const { dataInfo } = await import("../tasks/data.ts");
        await run(flags, sources, (options) => dataInfo(name, options));
      });
}

function get(): Make {
  return (sources) =>
    named("get", "fetch a set, check it and unpack it")
      .description("Fetches a set from its publisher, checks it, and unpacks it to where tasks look for it.")
      .option("--force", "fetch anew what is there")
      .option("--keep-archives", "keep archives once they are unpacked")
      .addHelpText("after", "\nExample:\n  rheobase data get mnist")
      .action(async (name: string, flags: Flags) => {
        const { dataGet } = await import("../tasks/data.ts");
        const { force = false, keepArchives: keep = false } = flags;
        await run(flags, sources, (options, onProgress) => dataGet(name, { ...options, force, keep }, onProgress));
      });
}

function verify(): Make {
  return (sources) =>
    named("verify", "compare a set with its checksums")
      .description("Compares the files of a set with published checksums, or with those recorded when they came.")
      .addHelpText(
        "after",
        "\nExit code 1 unless all files are there and right.\n\nExample:\n  rheobase data verify mnist",
      )
      .action(async (name: string, flags: Flags) => {
        const { dataVerify } = await import("../tasks/data.ts");
        await run(flags, sources, (options, onProgress) => dataVerify(name, options, onProgress));
      });
}

const named = (action: string, summary: string): Command =>
  new Command(action)
    .summary(summary)
    .argument("<name>", "of the set, as `rheobase data list` has it")
    .addOption(folder())
    .addOption(option.json());

/** A signal stops the work where it can be gone on with. */
async function run(
  { data: directory, json }: Flags,
  sources: readonly Source[] | undefined,
  work: Work,
): Promise<void> {
  const stop = new AbortController();
  const heard = listen(() => stop.abort());
  const options: DataOptions = { directory, signal: stop.signal, ...(sources && { sources }) };
  try {
    await print({ json }, async (onProgress) => {
      const report = await work(options, onProgress);
      if (report.document["right"] === false) process.exitCode = EXIT.failed;
      return report;
    });
  } catch (error) {
    if (!(heard.signal && error instanceof RunError && error.code === "interrupted")) throw error;
    process.stderr.write("rheobase: stopped; what has come is kept, and the same command goes on from there\n");
    process.exitCode = SIGNALS[heard.signal];
  } finally {
    heard.end();
  }
}
