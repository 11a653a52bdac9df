/** Recordings that stay on disk: in steps they are the same as from memory, and no more is held than was asked for. */
import { execFile } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hash64 } from "../../../src/base/hash.ts";
import { binSequences } from "../../../src/data/events/binned.ts";
import type { EventRecording } from "../../../src/data/events/recording.ts";
import { binStore, digestStore, type RecordingStore, recordingStore } from "../../../src/data/events/store.ts";
import type { Sequences } from "../../../src/data/sequences.ts";
import { nMnist } from "../../../src/data/sets/nMnist.ts";
import { selection, splitStore } from "../../../src/data/stored.ts";
import { type Event, nmnistFile } from "./files.ts";

let folder: string;
let store: RecordingStore;
let all: readonly EventRecording[];
let memory: Sequences;
const OPTIONS = { dt: "2 ms", steps: 17, square: 4 } as const;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
  for (let k = 1; k <= 40; k++) write(`Train/${k % 10}/${String(k).padStart(5, "0")}.bin`, nmnistFile(bar(k)));
  write("Test/0/00001.bin", nmnistFile(bar(1)));
  store = (await nMnist({ directory: folder })).train;
  all = await store.read(Array.from({ length: 40 }, (_, k) => k));
  memory = binSequences("memory", all, store.labels, store.classes, OPTIONS);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), bytes);
}
/** A row that is drawn from left to right: which, says the class. */
const bar = (k: number): Event[] =>
  Array.from({ length: 30 + (k % 5) }, (_, x) => ({
    t: 1000 * x + (k % 7),
    x: x % 34,
    y: 3 * (k % 10) + (x % 2),
    p: x % 2,
  }));

describe("in steps", () => {
  test("any, in any order, also twice, as from memory", async () => {
    const binned = binStore(store, OPTIONS);
    expect([binned.count, binned.inputs, binned.steps, binned.classes]).toEqual([40, 2 * 9 * 9, 17, memory.classes]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(39), { minLength: 1, maxLength: 20 }), async (indices) => {
        expect((await binned.read(indices)).digest()).toBe(memory.subset(indices).digest());
      }),
      { numRuns: 50 },
    );
  });
  test("held out: the same ones as Sequences.split; a selection of a selection", async () => {
    const binned = binStore(store, OPTIONS);
    const [kept, parts] = [memory.split(0.2, 7), splitStore(binned, 0.2, 7)];
    for (const part of ["rest", "heldOut"] as const) {
      const { count, steps, inputs } = parts[part];
      expect([count, steps, inputs]).toEqual([kept[part].count, 17, 162]);
      const read = await parts[part].read(Uint32Array.from({ length: count }, (_, k) => k));
      expect(read.digest()).toBe(kept[part].digest());
    }
    const some = selection(selection(binned, [5, 6, 7, 8]), [3, 1]);
    expect((await some.read([1, 0])).digest()).toBe(memory.subset([6, 8]).digest());
    expect(() => selection(binned, [40])).toThrow("indices[0]: must be an integer from 0 to 39, got 40");
  });
  test("options are refused at once, labels without a class as well", () => {
    expect(() => binStore(store, { ...OPTIONS, steps: 0 })).toThrow("steps: must be an integer from 1");
    expect(() => binStore(store, { ...OPTIONS, square: 0.5 })).toThrow("square: must be an integer");
    const odd = { ...store, labels: Uint8Array.of(0, 10) };
    expect(() => recordingStore(odd, async () => [])).toThrow("n-mnist.train: labels[1]: must be a class from 0 to 9");
  });
});

test("the digest is that of everything, and changes with any event or label", async () => {
  const digest = await digestStore(store);
  const parts = all.map(({ t, x, y, polarity }) => hash64(t, x, y, polarity));
  expect(digest).toBe(hash64("34x34", store.labels, ...parts));
  const relabelled = { ...store, labels: store.labels.map((label, k) => (k === 39 ? (label + 1) % 10 : label)) };
  expect(await digestStore(relabelled)).not.toBe(digest);
  const events = bar(40);
  write("Train/0/00040.bin", nmnistFile([...events.slice(0, -1), { ...events.at(-1)!, p: 1 - events.at(-1)!.p }]));
  expect(await digestStore((await nMnist({ directory: folder })).train)).not.toBe(digest);
  write("Train/0/00040.bin", nmnistFile(events));
});

test("a set of 600 MB of recordings is read whole, and trains, within a third of its size", async () => {
  const [files, contents, events] = [6000, 20, 20_000];
  const big = mkdtempSync(join(folder, "big-"));
  const path = (k: number): string => join(big, `Train/${k % 10}/${String(k).padStart(5, "0")}.bin`);
  for (let digit = 0; digit < 10; digit++) mkdirSync(join(big, `Train/${digit}`), { recursive: true });
  mkdirSync(join(big, "Test/0"), { recursive: true });
  writeFileSync(join(big, "Test/0/00001.bin"), nmnistFile(bar(1)));
  for (let k = 0; k < files; k++) {
    if (k >= contents) {
      linkSync(path(k % contents), path(k)); // the same bytes on disk, read anew each time
      continue;
    }
    const row = (n: number): Event => ({ t: 15 * n, x: n % 34, y: (3 * (k % 10) + (n % 3)) % 34, p: n % 2 });
    writeFileSync(path(k), nmnistFile(Array.from({ length: events }, (_, n) => row(n))));
  }
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const program = ["--import", "tsx", "test/data/events/storeMemory.ts", big];
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: root });
  const { read, trained, growth, losses } = JSON.parse(stdout);
  expect([read, trained]).toEqual([files * events, 20 * 32]);
  expect(losses[1]).toBeLessThan(losses[0] / 2);
  expect(growth).toBeLessThan((5 * events * files) / 3);
}, 120_000);
