#!/usr/bin/env node
/** The command line. A command's options are loaded when the command is named, its work when it runs. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { failure } from "./run.ts";

interface Entry {
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const COMMANDS: Readonly<Record<string, Entry>> = {
  compare: {
    usage: "<task>",
    summary: "train a spiking network and its conventional twin, side by side",
    load: async () => (await import("./compare.ts")).compareCommand(),
  },
  train: {
    usage: "<task>",
    summary: "train a spiking network and save it",
    load: async () => (await import("./train.ts")).trainCommand(),
  },
  evaluate: {
    usage: "<file> <task>",
    summary: "measure a saved network on a task's test data",
    load: async () => (await import("./evaluate.ts")).evaluateCommand(),
  },
  simulate: {
    usage: "<target>",
    summary: "run a network, by name or from a file, and look at it",
    load: async () => (await import("./simulate.ts")).simulateCommand(),
  },
  explain: {
    usage: "<target>",
    summary: "show what a network becomes: schedule, program, kernels, memory",
    load: async () => (await import("./explain.ts")).explainCommand(),
  },
  diff: {
    usage: "<a> [b]",
    summary: "find the first step in which two runs part",
    load: async () => (await import("./diff.ts")).diffCommand(),
  },
  doctor: {
    usage: "",
    summary: "show what this machine can do, and measure how fast it is",
    load: async () => (await import("./doctor.ts")).doctorCommand(),
  },
  new: {
    usage: "<name>",
    summary: "make a small project to begin with",
    load: async () => (await import("./new.ts")).newCommand(),
  },
  data: {
    usage: "<action> [name]",
    summary: "list, get and verify data sets",
    load: async () => (await import("./data.ts")).dataCommand(),
  },
};

async function program(args: readonly string[]): Promise<Command> {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const root = new Command("rheobase")
    .description(
      "Spiking neural networks from equations: compare them with conventional ones, train them, look inside.",
    )
    .version(version)
    .addHelpText(
      "after",
      "\nExample:\n  rheobase compare digits\n\nExit codes: 0 done, 1 failed, 2 bad usage, 130 interrupted.",
    );
  for (const [name, { usage, summary, load }] of Object.entries(COMMANDS)) {
    const command = args.includes(name) ? await load() : stub(name, usage);
    root.addCommand(command.summary(summary));
  }
  settle(root, root.name());
  return root;
}

/** What help says of a command that is not loaded. */
function stub(name: string, usage: string): Command {
  const command = new Command(name);
  return usage === "" ? command : command.arguments(usage);
}

/** Errors as exceptions, each with the place where help is. */
function settle(command: Command, path: string): void {
  command
    .exitOverride()
    .showHelpAfterError(`Try: ${path} --help`)
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "rheobase: ")) });
  for (const child of command.commands) settle(child, `${path} ${child.name()}`);
}

// `rheobase explain digits | head` closes our stdout early: not a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

try {
  const args = process.argv.slice(2);
  await (await program(args)).parseAsync(args, { from: "user" });
} catch (error) {
  process.exitCode = failure(error);
}
