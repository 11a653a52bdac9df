/** Where a result comes from: program, machine, options, and the command that makes it again. */
import { isNode } from "../base/node.ts";
import type { ProvenanceDocument } from "../report/document.ts";
import { quoted, type TaskOptions } from "./options.ts";
import { version } from "./run.ts";

/** Options in the order of the command line; what a result does not depend on comes last. */
const FLAGS = [
  "data",
  "epochs",
  "steps",
  "neurons",
  "samples",
  "cell",
  "learner",
  "encoder",
  "memory",
  "seed",
  "seeds",
  "threads",
] as const satisfies readonly (keyof TaskOptions)[];

export async function provenanceOf(
  command: "compare" | "train",
  options: TaskOptions,
  outputs: readonly string[],
): Promise<ProvenanceDocument> {
  return {
    version: isNode() ? await version() : "unknown",
    ...(await machineOf()),
    date: new Date().toISOString(),
    options: Object.fromEntries(flagsOf(options).map((name) => [name, options[name]])),
    command: commandOf(command, options, outputs),
  };
}

/** Those that were given; several seeds stand in place of the one. */
const flagsOf = (options: TaskOptions) =>
  FLAGS.filter((name) => options[name] !== undefined && !(name === "seed" && options.seeds));

export function commandOf(command: string, options: TaskOptions, outputs: readonly string[]): string {
  const unit = (name: string): string => (name === "memory" ? "B" : "");
  const flags = flagsOf(options).flatMap((name) => [`--${name}`, `${options[name]}${unit(name)}`]);
  const files = outputs.flatMap((file) => ["--out", file]);
  return ["rheobase", command, options.task, ...flags, ...files].map(quoted).join(" ");
}

export async function machineOf(): Promise<Pick<ProvenanceDocument, "runtime" | "platform" | "cpu" | "cores">> {
  if (!isNode()) return { runtime: globalThis.navigator?.userAgent ?? "unknown" };
  const { cpus } = await import("node:os");
  const cores = cpus();
  const { versions, platform, arch } = process;
  return {
    runtime: `Node ${versions.node}`,
    platform: `${platform} ${arch}`,
    ...(cores[0] && { cpu: cores[0].model.replace(/\s+/g, " ").trim() }),
    cores: cores.length,
  };
}
