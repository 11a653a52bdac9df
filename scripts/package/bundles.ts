/** What of the package ends in a page: programs bundled and minified by Vite, their size, and which folders they pull in. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import type { Subject } from "./process.ts";

interface Program {
  readonly source: string;
  /** kB of all scripts that load at once, minified, and of those gzipped. */
  readonly limit: readonly [minified: number, gzipped: number];
  /** Folders of dist/ of which nothing may be in it. */
  readonly without: readonly string[];
}

const names = (list: string, from = "rheobase"): string => `import { ${list} } from "${from}";\n`;
const ALL_BELOW_TASKS = ["learn", "energy", "data", "io", "tasks", "cli"];

/** The limits are some 15 % above what is measured: README.md quotes them. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  "one neuron": {
    source: `${names("lif")}globalThis.used = lif();`,
    limit: [82, 31],
    without: ["backend", "sim", ...ALL_BELOW_TASKS],
  },
  simulation: {
    source: `${names("connect, createEngine, inputNode, lif, network, population, wasm")}
const net = network({
  dt: "0.1 ms",
  inputs: { drive: inputNode(1, { signal: "values", constant: true }) },
  populations: { cell: population(1, lif()) },
  connections: [connect("drive", "cell", { port: "i", weight: 1 })],
});
globalThis.used = (await createEngine(net, wasm)).run(1000, { drive: { values: [1.5] } });`,
    limit: [540, 184],
    without: ALL_BELOW_TASKS,
  },
  training: {
    source: `${names("adam, bptt, createTrainer, crossEntropy, denseLayer, input, lif, readout, sequential, triangle, wasm")}
const net = sequential([input(4), denseLayer(4), lif(), denseLayer(2), readout()], { steps: 4 });
const options = { algorithm: bptt(triangle(1)), loss: crossEntropy("mean"), optimiser: adam(1e-3), batch: 1 };
globalThis.used = createTrainer(net, wasm, options);`,
    limit: [625, 213],
    without: ["energy", "data", "io", "tasks", "cli"],
  },
  "reading a network": {
    source: `${names("decodeArtefact", "rheobase/io")}globalThis.used = decodeArtefact;`,
    limit: [185, 67], // without libhdf5, which loads when a file is read
    without: ["backend", "sim/engine", "learn", "energy", "tasks", "cli"],
  },
};

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(0);

export async function checkBundles({ user, expect }: Subject): Promise<void> {
  const root = join(user, "bundled");
  mkdirSync(root);
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const chunks = await bundle(root, program.source);
    const code = chunks.map((chunk) => chunk.code).join("");
    const sizes = [code.length, gzipSync(code).length] as const;
    const text = `${kilobytes(sizes[0])} kB minified, ${kilobytes(sizes[1])} gzipped`;
    console.log(`bundle, ${name}: ${text} (limits ${program.limit.join(" and ")})`);
    expect(
      sizes.every((size, k) => size < 1000 * program.limit[k]!),
      `a bundle of ${name} has ${text}`,
    );
    const modules = chunks.flatMap(modulesOf);
    expect(
      modules.some((m) => m.startsWith("rheobase/dist/")),
      `a bundle of ${name} holds nothing of the package`,
    );
    for (const folder of program.without) {
      const strangers = modules.filter((m) => m.startsWith(`rheobase/dist/${folder}`));
      expect(strangers.length === 0, `a bundle of ${name} holds ${strangers.join(", ")}`);
    }
    const foreign = modules.filter((m) => !m.startsWith("rheobase/"));
    expect(foreign.length === 0, `a bundle of ${name} loads ${foreign.join(", ")} at once`);
  }
}

/** The scripts that a page with this program loads at once. */
async function bundle(root: string, source: string): Promise<Rolldown.OutputChunk[]> {
  const entry = join(root, "main.js");
  writeFileSync(entry, source);
  const output = await build({
    root,
    configFile: false,
    logLevel: "silent",
    build: { write: false, target: "es2022", modulePreload: false, rollupOptions: { input: entry } },
  });
  const [first] = [output].flat() as Rolldown.RolldownOutput[];
  const files: (Rolldown.OutputAsset | Rolldown.OutputChunk)[] = [...(first?.output ?? [])];
  const chunks = files.filter((file) => file.type === "chunk");
  const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set(chunks.filter((chunk) => chunk.isEntry));
  for (const chunk of found)
    for (const file of chunk.imports) {
      const next = byName.get(file);
      if (next) found.add(next);
    }
  return [...found];
}

/** Modules of installed packages of which something is left, as `package/path`. */
const modulesOf = (chunk: Rolldown.OutputChunk): string[] =>
  Object.entries(chunk.modules)
    .filter(([id, { renderedLength }]) => renderedLength > 0 && id.includes("/node_modules/"))
    .map(([id]) => id.replace(/^.*\/node_modules\//, ""));
