/** Trainings that survive, in process: stopped after any batch, and through every way a disk can fail. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RheobaseError } from "../../src/base/errors.ts";
import { hash64 } from "../../src/base/hash.ts";
import { compareOn } from "../../src/tasks/compare.ts";
import type { CheckpointOptions, OnProgress, TaskOptions } from "../../src/tasks/options.ts";
import type { ImageTask } from "../../src/tasks/task.ts";
import { trainTask } from "../../src/tasks/train.ts";
import { ROWS, rows } from "./synthetic.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** 5 updates an epoch: 2 epochs of the trials, 4 of the trainings. */
const SMALL: ImageTask = {
  ...ROWS,
  load: async () => rows(80, 30),
  trial: { codes: ["latency", "rate"], train: 50, heldOut: 20, epochs: 2 },
};
const options = (o: Partial<TaskOptions> = {}): TaskOptions => ({ task: "rows", seed: 3, threads: 1, ...o });
const quiet: OnProgress = () => {};

interface Stopped extends CheckpointOptions {
  readonly onProgress: OnProgress;
}
/** Asks to stop in the batch at which progress has been told `n` times in a stage that matches. */
function stopping(n: number, stage: RegExp, o: Partial<CheckpointOptions> = {}): Stopped {
  const stop = { aborted: false };
  let told = 0;
  const onProgress: OnProgress = (p) => {
    if (stage.test(p.stage) && ++told === n) stop.aborted = true;
  };
  return { file: join(folder, "c"), every: 1000, resume: false, ...o, stop, onProgress };
}
async function failure(run: Promise<unknown>): Promise<RheobaseError> {
  const error = await run.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (error instanceof RheobaseError) return error;
  throw error ?? new Error("it came to an end");
}
const timeless = (document: object): object =>
  JSON.parse(
    JSON.stringify(document, (key, value) =>
      /seconds|PerSecond|peakBytes|^files?$|^verdict$|^headline$|^provenance$/i.test(key) ? undefined : value,
    ),
  );

describe("stopped and resumed", () => {
  test("after every batch of a training: the artefact and the report are those of an uninterrupted run", async () => {
    const whole = await trainTask(SMALL, options({ encoder: "rate", out: join(folder, "whole.h5") }), quiet);
    const out = join(folder, "out.h5");
    let stops = 0;
    for (let resume = false; ; resume = true) {
      const { onProgress, ...checkpoint } = stopping(1, /^training$/, { resume });
      const run = trainTask(SMALL, options({ encoder: "rate", out, checkpoint }), onProgress);
      const done = await run.catch((error: RheobaseError) => error.code);
      if (typeof done !== "string") {
        expect(timeless(done.document)).toEqual(timeless(whole.document));
        break;
      }
      expect([done, existsSync(out)]).toEqual(["interrupted", false]);
      stops++;
    }
    expect(stops).toBe(20 + 1); // after each batch, and before the test
    expect(Buffer.compare(readFileSync(out), readFileSync(join(folder, "whole.h5")))).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(["out.h5", "whole.h5"]);
  });
  test.each([
    ["the first trial", 3, /^trial, latency code$/],
    ["the second trial", 2, /^trial, rate code$/],
    ["the test of a trial", 1, /held-out/],
    ["the training", 7, /^training$/],
    ["the last batch", 20, /^training$/],
    ["the loading of the data", 1, /^data$/],
  ] as const)("in %s, where the code is chosen too", async (_, n, stage) => {
    const whole = await trainTask(SMALL, options(), quiet);
    const { onProgress, ...checkpoint } = stopping(n, stage);
    const error = await failure(trainTask(SMALL, options({ checkpoint }), onProgress));
    expect([error.code, error.path]).toEqual(["interrupted", join(folder, "c")]);
    const resumed = { file: checkpoint.file, every: 1000, resume: true };
    const { document } = await trainTask(SMALL, options({ checkpoint: resumed }), quiet);
    expect(timeless(document)).toEqual(timeless(whole.document));
    expect(readdirSync(folder)).toEqual([]);
  });
  test("a comparison: both networks, and a training that is done is not done again", async () => {
    const whole = await compareOn(SMALL, options(), quiet);
    const { onProgress, ...checkpoint } = stopping(4, /^twin$/);
    const error = await failure(compareOn(SMALL, options({ checkpoint }), onProgress));
    expect(error.message).toBe(`${checkpoint.file}: stopped, and saved at update 4 of 'twin'`);
    const stages = new Set<string>();
    const again = { file: checkpoint.file, every: 3, resume: true };
    const { document } = await compareOn(SMALL, options({ checkpoint: again }), (p) => stages.add(p.stage));
    expect(timeless(document)).toEqual(timeless(whole.document));
    expect([...stages]).toEqual([
      "data",
      "trial, latency code, held-out data",
      "trial, rate code, held-out data",
      "spiking network, test",
      "twin",
      "twin, test",
      "twin, 4 bits, test",
      "spiking network, 8-bit weights, test",
    ]);
  });
  test("a run that nothing stops leaves no checkpoint, and is no other for having saved them", async () => {
    const seen: number[] = [];
    const file = join(folder, "c");
    const watch: OnProgress = () => existsSync(file) && seen.push(readFileSync(file).length);
    const checkpoint = { file, every: 3, resume: false };
    const { document } = await trainTask(SMALL, options({ checkpoint }), watch);
    expect(seen.length).toBeGreaterThan(20);
    expect(timeless(document)).toEqual(timeless((await trainTask(SMALL, options(), quiet)).document));
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a checkpoint of another run is refused, with what differs, and stays", () => {
  const other = (load: () => ReturnType<ImageTask["load"]>): ImageTask => ({ ...SMALL, load });
  const recipe = (rate: number): ImageTask => ({
    ...SMALL,
    spiking: { ...SMALL.spiking, rate: { ...SMALL.spiking.rate, rate } },
  });
  test.each<[string, ImageTask, Partial<TaskOptions>, RegExp]>([
    ["seed", SMALL, { seed: 4 }, /: is of another training: seed is 3, here 4$/],
    ["epochs", SMALL, { epochs: 9 }, /epochs is not given, here 9$/],
    [
      "steps and code",
      SMALL,
      { steps: 4, encoder: "latency" },
      /: encoder is rate, here latency; steps is not given, here 4$/,
    ],
    ["task", { ...SMALL, name: "lines" }, {}, /task is rows, here lines$/],
    ["data", other(async () => rows(81, 30)), {}, /data is [0-9a-f]{16}, here [0-9a-f]{16}$/],
    [
      "network",
      { ...SMALL, hidden: 21 },
      {},
      /trainings\.training: is of another training: network is [0-9a-f]{16}, here/,
    ],
    ["training", recipe(0.02), {}, /trainings\.training: is of another training: training\.rate is 0\.01, here 0\.02$/],
  ])("%s", async (_, task, change, message) => {
    const { onProgress, ...checkpoint } = stopping(3, /^training$/);
    await failure(trainTask(SMALL, options({ encoder: "rate", checkpoint }), onProgress));
    const before = readFileSync(checkpoint.file);
    const again = { file: checkpoint.file, every: 1, resume: true };
    const error = await failure(trainTask(task, options({ encoder: "rate", checkpoint: again, ...change }), quiet));
    expect([error.code, error.message]).toEqual(["bad-file", expect.stringMatching(message)]);
    expect(readFileSync(checkpoint.file)).toEqual(before);
  });
  test("of another command", async () => {
    const { onProgress, ...checkpoint } = stopping(3, /^training$/);
    await failure(trainTask(SMALL, options({ encoder: "rate", checkpoint }), onProgress));
    const again = { file: checkpoint.file, every: 1, resume: true };
    const run = compareOn(SMALL, options({ encoder: "rate", checkpoint: again }), quiet);
    expect((await failure(run)).message).toMatch(/command is train, here compare$/);
  });
});

describe("what cannot be", () => {
  const refused = async (checkpoint: Partial<CheckpointOptions>, out?: string): Promise<[string, string]> => {
    const all = { file: join(folder, "c"), every: 5, resume: false, ...checkpoint };
    const { code, message } = await failure(trainTask(SMALL, options({ checkpoint: all, ...(out && { out }) }), quiet));
    return [code, message.replaceAll(folder, "")];
  };
  test("a new run over an older one, or over any file", async () => {
    writeFileSync(join(folder, "c"), "mine");
    expect(await refused({})).toEqual(["usage", "/c: exists; go on from it (--resume), or remove it to start anew"]);
    expect(await refused({ resume: true })).toEqual(["bad-file", expect.stringContaining("/c: not an HDF5 file")]);
    expect(readFileSync(join(folder, "c"), "utf8")).toBe("mine");
  });
  test("going on from nothing; one file for both; no folder; no interval", async () => {
    expect(await refused({ resume: true })).toEqual(["missing-file", "/c: there is no checkpoint to go on from"]);
    expect(await refused({ file: join(folder, "c.h5") }, `${folder}/./c.h5`)).toEqual([
      "usage",
      "/c.h5: the checkpoint and what --out writes need a file each",
    ]);
    expect(await refused({ file: join(folder, "none", "c") })).toEqual([
      "write-failed",
      "/none/c: there is no folder '/none' that can be written to (ENOENT)",
    ]);
    expect((await refused({ every: 0 }))[0]).toBe("out-of-range");
  });
  test("a damaged checkpoint is not gone on from", async () => {
    const { onProgress, ...checkpoint } = stopping(3, /^training$/);
    await failure(trainTask(SMALL, options({ encoder: "rate", checkpoint }), onProgress));
    const bytes = readFileSync(checkpoint.file);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(checkpoint.file, bytes);
    expect(await refused({ resume: true })).toEqual(["bad-file", expect.stringContaining("do not match the checksum")]);
  });
});

/** A file system of its own in `folder`, or why there can be none. */
function mounted(size: string): { readonly why?: string; readonly [Symbol.dispose]: () => void } {
  const ran = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { encoding: "utf8" });
  const why = ran.error?.message ?? (ran.status === 0 ? undefined : ran.stderr.trim());
  return {
    ...(why !== undefined && { why: `no file system can be mounted: ${why}` }),
    [Symbol.dispose]: () => void (why === undefined && spawnSync("umount", ["-l", folder])),
  };
}

describe("disks that fail: a clear error, and the older checkpoint as it was", () => {
  const file = (): string => join(folder, "c");
  /** Trains, and does something to the disk in the batch after the first checkpoint. */
  async function trouble(happens: () => void): Promise<{ error: RheobaseError; before: Buffer }> {
    let before: Buffer | undefined;
    const onProgress: OnProgress = () => {
      if (before || !existsSync(file())) return;
      before = readFileSync(file());
      happens();
    };
    const checkpoint = { file: file(), every: 5, resume: false };
    const error = await failure(trainTask(SMALL, options({ encoder: "rate", checkpoint }), onProgress));
    return { error, before: before! };
  }
  async function goesOn(before: Buffer): Promise<void> {
    expect(readFileSync(file())).toEqual(before);
    expect(readdirSync(folder)).toEqual(["c"]);
    const checkpoint = { file: file(), every: 5, resume: true };
    const { document } = await trainTask(SMALL, options({ encoder: "rate", checkpoint }), quiet);
    const whole = await trainTask(SMALL, options({ encoder: "rate" }), quiet);
    expect(timeless(document)).toEqual(timeless(whole.document));
  }

  test("full", async ({ skip }) => {
    using disk = mounted("256k");
    skip(disk.why !== undefined, disk.why);
    const { error, before } = await trouble(() => {
      try {
        writeFileSync(join(folder, "filler"), new Uint8Array(1e6));
      } catch {} // ENOSPC: that is the purpose
    });
    expect(error.code).toBe("write-failed");
    expect(error.message).toMatch(
      /c: ENOSPC: no space left on device; training ends at update 10 of 'training', and the file still holds update 5 of 'training'$/,
    );
    rmSync(join(folder, "filler"));
    await goesOn(before);
  });
  test("full from the start", async ({ skip }) => {
    using disk = mounted("4k");
    skip(disk.why !== undefined, disk.why);
    const checkpoint = { file: file(), every: 5, resume: false };
    const error = await failure(trainTask(SMALL, options({ encoder: "rate", checkpoint }), quiet));
    expect(error.message).toMatch(/ENOSPC.*; training ends at update 5 of 'training', and nothing was saved before$/);
    expect(readdirSync(folder)).toEqual([]);
  });
  test("read-only, from some moment on and from the start", async ({ skip }) => {
    using disk = mounted("1m");
    skip(disk.why !== undefined, disk.why);
    const { error, before } = await trouble(() => spawnSync("mount", ["-o", "remount,ro", folder]));
    expect(error.message).toMatch(/c: EROFS: read-only file system.*the file still holds update 5 of 'training'$/);
    const checkpoint = { file: file(), every: 5, resume: true };
    const again = await failure(trainTask(SMALL, options({ encoder: "rate", checkpoint }), quiet));
    expect([again.code, again.message]).toEqual([
      "write-failed",
      expect.stringMatching(/can be written to \(EROFS\)$/),
    ]);
    spawnSync("mount", ["-o", "remount,rw", folder]);
    await goesOn(before);
  });
  test("the artefact has no room: the training is safe, and the artefact follows when there is", async ({ skip }) => {
    const whole = join(folder, "whole.h5");
    await trainTask(SMALL, options({ encoder: "rate", out: whole }), quiet);
    const expected = readFileSync(whole);
    using disk = mounted("256k");
    skip(disk.why !== undefined, disk.why);
    const run = (resume: boolean, onProgress: OnProgress) => {
      const checkpoint = { file: file(), every: 1000, resume };
      return trainTask(SMALL, options({ encoder: "rate", out: join(folder, "out.h5"), checkpoint }), onProgress);
    };
    const fill: OnProgress = ({ stage }) => {
      if (stage !== "training, test" || existsSync(join(folder, "filler"))) return;
      try {
        writeFileSync(join(folder, "filler"), new Uint8Array(1e6));
      } catch {}
    };
    expect((await failure(run(false, fill))).message).toMatch(/out\.h5: ENOSPC/);
    rmSync(join(folder, "filler"));
    expect(readdirSync(folder)).toEqual(["c"]);
    const stages = new Set<string>();
    await run(true, (p) => stages.add(p.stage));
    expect([...stages]).toEqual(["data", "training, test"]);
    expect(readFileSync(join(folder, "out.h5"))).toEqual(expected);
    expect(readdirSync(folder)).toEqual(["out.h5"]);
  });
});

test("weights that an update has broken are not saved", async () => {
  const { rate } = SMALL.spiking;
  const infinite = { ...rate, rate: Number.POSITIVE_INFINITY, warmup: 0 };
  const checkpoint = { file: join(folder, "c"), every: 1, resume: false };
  const run = trainTask(
    { ...SMALL, spiking: { ...SMALL.spiking, rate: infinite } },
    options({ encoder: "rate", checkpoint }),
    quiet,
  );
  expect((await failure(run)).message).toMatch(/^update 1: .* is not finite/);
  expect(readdirSync(folder)).toEqual([]);
});

test("what a killed run has half written is swept away by the next", async () => {
  writeFileSync(join(folder, `.${hash64("c")}-half.tmp`), "half");
  await trainTask(
    SMALL,
    options({ encoder: "rate", checkpoint: { file: join(folder, "c"), every: 9, resume: false } }),
    quiet,
  );
  expect(readdirSync(folder)).toEqual([]);
});
