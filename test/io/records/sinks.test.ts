import type * as fs from "node:fs";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { wasm } from "../../../src/backend/wasm/wasm.ts";
import type { DataError } from "../../../src/base/errors.ts";
import { library } from "../../../src/base/hdf5.ts";
import { csvSink } from "../../../src/io/records/csvSink.ts";
import { recordLog, replayRecords } from "../../../src/io/records/log.ts";
import { recoverSonata, sonataSink } from "../../../src/io/records/sonataSink.ts";
import { connect } from "../../../src/model/connection.ts";
import { inDegree } from "../../../src/model/connectivity.ts";
import { uniform } from "../../../src/model/initializer.ts";
import { network, population } from "../../../src/model/network.ts";
import { neuron } from "../../../src/model/neuron.ts";
import { synapse } from "../../../src/model/synapse.ts";
import { createEngine } from "../../../src/sim/engine.ts";
import { createExactEngine } from "../../../src/sim/exact/engine.ts";
import { memorySink, type RecordedSeries } from "../../../src/sim/records/memorySink.ts";
import type { Sink } from "../../../src/sim/records/sink.ts";
import type { Records } from "../../../src/sim/records/spec.ts";
import { simulate } from "../../../src/sim/simulate.ts";

/** Bytes that the disk still has room for. */
let room = Number.POSITIVE_INFINITY;
vi.mock("node:fs", async (original) => {
  const real = await original<typeof fs>();
  const writeSync = (file: number, bytes: Uint8Array, offset: number, length: number, position: number): number => {
    const fits = Math.min(length, room);
    if (fits === 0)
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
    room -= fits;
    return real.writeSync(file, bytes, offset, fits, position);
  };
  return { ...real, writeSync };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rheobase-"));
});
afterEach(() => {
  room = Number.POSITIVE_INFINITY;
  rmSync(folder, { recursive: true, force: true });
});
const at = (name: string): string => join(folder, name);

const cell = neuron({
  name: "cell",
  equations: "dv/dt = (15*mV - v) / (10*ms) : volt",
  spike: "v > 10*mV",
  reset: "v = 0*mV",
});
const net = network({
  dt: "0.1 ms",
  populations: { e: population(6, cell, { initial: { v: uniform(0, 0.01) } }), i: population(2, cell) },
});
const STEPS = 3000;
const records: Records = {
  e: { kind: "spikes", of: "e" },
  i: { kind: "spikes", of: "i", windows: [{ from: 1000 }] },
  v: { kind: "variable", of: "e.v", neurons: [4, 1], every: 25, windows: [{ from: 500, to: 2000 }] },
  rate: { kind: "rate", of: "e", bin: "10 ms" },
};
async function recorded<R>(sink: Sink<R>, chosen = records, samples = 1): Promise<R> {
  using engine = await createEngine(net, wasm, { records: chosen, samples });
  const recorder = engine.recorder(chosen, sink);
  for (let k = 0; k < 3; k++) {
    engine.run(STEPS / 3, {}, { records: recorder });
    recorder.flush();
  }
  return recorder.finish();
}
let all: RecordedSeries;
beforeAll(async () => {
  all = await recorded(memorySink());
});
const refusal = async (run: Promise<unknown>): Promise<DataError> => {
  try {
    await run;
  } catch (error) {
    return error as DataError;
  }
  throw new Error("was not refused");
};

describe("CSV", () => {
  test("one file a series, times in seconds, the numbers as they are", async () => {
    const files = await recorded(await csvSink(at("out.csv")));
    expect(files).toEqual(["e", "i", "v", "rate"].map((name) => at(`out.${name}.csv`)));
    expect(readdirSync(folder).sort()).toEqual(["out.e.csv", "out.i.csv", "out.rate.csv", "out.v.csv"]);
    const lines = readFileSync(at("out.v.csv"), "utf8").split("\n");
    expect(lines[0]).toBe("time,e.v[4],e.v[1]");
    expect(lines.at(-1)).toBe("");
    // After step 500, which ends at 501 · 0.1 ms.
    expect(lines.slice(1, -1).map((l) => l.split(",").map(Number))).toEqual(
      [...all.v!.ticks].map((t, k) => [(t + 1) / 10_000, all.v!.values[2 * k], all.v!.values[2 * k + 1]]),
    );
    const spikes = readFileSync(at("out.e.csv"), "utf8").split("\n");
    expect(spikes[0]).toBe("time,neuron");
    expect(spikes.slice(1, -1)).toEqual([...all.e!.ticks].map((t, k) => `${t / 10_000},${all.e!.indices[k]}`));
    expect(readFileSync(at("out.rate.csv"), "utf8")).toMatch(/^time,e.rate\n0,\d/);
  });
  test("one series goes to the name itself; trials have a column", async () => {
    const v: Records = { v: { kind: "variable", of: "i.v", every: 1000 } };
    await recorded(await csvSink(at("out.csv")), v, 2);
    const lines = readFileSync(at("out.csv"), "utf8").trim().split("\n");
    expect(lines[0]).toBe("time,trial,i.v[0],i.v[1]");
    expect(lines.slice(1).map((l) => l.split(",").slice(0, 2).join())).toEqual(
      [1, 1001, 2001].flatMap((t) => [0, 1].map((s) => `${t / 10_000},${s}`)),
    );
  });
  test("a disk that is full: the error names the file, what was written stays whole lines", async () => {
    const sink = await csvSink(at("out.csv"));
    room = 1001;
    const error = await refusal(recorded(sink, { e: records.e! }));
    expect([error.code, error.message]).toEqual(["write-failed", `${at("out.csv")}: ENOSPC: no space left on device`]);
    const text = readFileSync(at("out.csv.part"), "utf8");
    expect(text.endsWith("\n")).toBe(true);
    expect(text.split("\n").length).toBeGreaterThan(5);
    expect(existsSync(at("out.csv"))).toBe(false);
  });
  test("what is left of an earlier run is not overwritten; abandoned files go", async () => {
    writeFileSync(at("out.csv.part"), "precious");
    const error = await refusal(recorded(await csvSink(at("out.csv")), { e: records.e! }));
    expect(error.message).toContain("out.csv.part: is left of a run that did not end");
    rmSync(at("out.csv.part"));
    using engine = await createEngine(net, wasm);
    const recorder = engine.recorder({ e: records.e! }, await csvSink(at("out.csv")));
    engine.run(100, {}, { records: recorder });
    await recorder.abandon();
    expect(readdirSync(folder)).toEqual([]);
    expect((await refusal(csvSink(at("none/out.csv")))).message).toContain("there is no folder");
  });
});

test("simulate: what a run that failed has recorded stays", async () => {
  const growing = neuron({ name: "growing", equations: "dv/dt = v*v/(1*ms) : 1" });
  const blowing = network({ dt: "0.1 ms", populations: { n: population(1, growing, { initial: { v: 0.1 } }) } });
  const v: Records = { v: { kind: "variable", of: "n.v" } };
  const run = simulate(blowing, { steps: 1000, records: v, sink: await csvSink(at("out.csv")) });
  const error = await refusal(run);
  expect([error.code, error.path]).toEqual(["not-finite", "n.v"]);
  const lines = readFileSync(at("out.csv.part"), "utf8").trim().split("\n");
  expect(lines.length).toBeGreaterThan(90);
  expect(lines.slice(1).every((line) => Number.isFinite(Number(line.split(",")[1])))).toBe(true);
});

describe("a log", () => {
  test("gives back what it took", async () => {
    expect(await recorded(await recordLog(at("log")))).toBe(at("log"));
    const { result, lost } = await replayRecords(at("log"), memorySink());
    expect(lost).toBe(0);
    expect(result).toEqual(all);
  });
  test("cut off anywhere: a beginning of what was recorded, never anything else", async () => {
    await recorded(await recordLog(at("log")));
    const whole = readFileSync(at("log"));
    let before = Number.POSITIVE_INFINITY;
    for (let length = whole.length; length > 0; length -= 997) {
      truncateSync(at("log"), length);
      const outcome = await replayRecords(at("log"), memorySink()).catch((e: DataError) => e);
      if (outcome instanceof Error) {
        expect(outcome.message).toMatch(/is not a log of records|its header is damaged/);
        continue;
      }
      const { ticks } = outcome.result.e!;
      expect([...ticks]).toEqual([...all.e!.ticks.slice(0, ticks.length)]);
      expect(ticks.length).toBeLessThanOrEqual(before);
      before = ticks.length;
    }
    expect(before).toBe(0);
  });
  test("a changed byte ends what can be read", async () => {
    await recorded(await recordLog(at("log")));
    const whole = readFileSync(at("log"));
    whole[whole.length - 20]! ^= 1;
    writeFileSync(at("log"), whole);
    const { result, lost } = await replayRecords(at("log"), memorySink());
    expect(lost).toBeGreaterThan(0);
    expect(result.e).toEqual(all.e);
    expect(result.rate!.ticks.length).toBeLessThan(all.rate!.ticks.length);
  });
});

/** As any reader of HDF5 sees it. */
async function contents(path: string) {
  const h5 = await library();
  h5.FS!.writeFile("read.h5", readFileSync(path));
  const file = new h5.File("read.h5", "r");
  const value = (name: string) => (file.get(name) as { value: unknown } | null)?.value;
  const attribute = (name: string, key: string) =>
    (file.get(name) as { attrs: Record<string, { value: unknown }> }).attrs[key]?.value;
  const shape = (name: string) => (file.get(name) as { shape: number[] }).shape;
  const close = (): void => {
    file.close();
    h5.FS!.unlink("read.h5");
  };
  return { file, value, attribute, shape, [Symbol.dispose]: close };
}

describe("SONATA", () => {
  const bigints = (xs: Iterable<number>): BigUint64Array => BigUint64Array.from([...xs], BigInt);
  test("spikes and a report as the specification has them, the rest beside", async () => {
    expect(await recorded(await sonataSink(at("out.h5")))).toEqual([at("out.h5")]);
    expect(readdirSync(folder)).toEqual(["out.h5"]);
    using h5 = await contents(at("out.h5"));
    expect(h5.attribute("/", "magic")).toBe(0x0a7a);
    expect(h5.attribute("/", "version")).toEqual(Uint32Array.of(0, 1));
    for (const name of ["e", "i"]) {
      expect(h5.attribute(`spikes/${name}`, "sorting")).toBe(2); // of the guide's enumeration: by_time
      expect(h5.attribute(`spikes/${name}/timestamps`, "units")).toBe("ms");
      expect(h5.value(`spikes/${name}/timestamps`)).toEqual(all[name]!.ticks.map((t) => t / 10));
      expect(h5.value(`spikes/${name}/node_ids`)).toEqual(bigints(all[name]!.indices));
    }
    expect(h5.shape("report/e/data")).toEqual([60, 2]);
    expect(h5.value("report/e/data")).toEqual(all.v!.values);
    expect(h5.attribute("report/e/data", "units")).toBe("volt");
    expect(h5.value("report/e/mapping/node_ids")).toEqual(bigints([4, 1]));
    expect(h5.value("report/e/mapping/index_pointers")).toEqual(bigints([0, 1, 2]));
    expect(h5.value("report/e/mapping/element_ids")).toEqual(Uint32Array.of(0, 0));
    expect(h5.value("report/e/mapping/time")).toEqual(Float64Array.of(50.1, 200.1, 2.5));
    expect(h5.value("records/rate/time")).toEqual(all.rate!.ticks.map((t) => t / 10));
    expect(h5.value("records/rate/values")).toEqual(all.rate!.values);
  });
  test("equal runs give equal bytes", async () => {
    await recorded(await sonataSink(at("a.h5")));
    await recorded(await sonataSink(at("b.h5")));
    expect(readFileSync(at("a.h5")).equals(readFileSync(at("b.h5")))).toBe(true);
  });
  test("two variables of a population: refused before anything runs, unless one has a file of its own", async () => {
    const two: Records = {
      v: { kind: "variable", of: "e.v", every: 100 },
      w: { kind: "variable", of: "e.v", every: 70 },
    };
    const error = await refusal(recorded(await sonataSink(at("out.h5")), two));
    expect(error.message).toBe(
      "records.w: a file has one place for a report of 'e', which 'v' takes: name a file for it: reports: { w: \"…\" }",
    );
    expect(readdirSync(folder)).toEqual([]);
    await recorded(await sonataSink(at("out.h5"), { reports: { w: at("w.h5") } }), two);
    using h5 = await contents(at("w.h5"));
    expect(h5.shape("report/e/data")).toEqual([43, 6]);
    expect(h5.value("spikes")).toBe(undefined);
  });
  test("rows that are not evenly spaced are no report", async () => {
    const odd: Records = {
      v: { kind: "variable", of: "e.v", every: 100, windows: [{ to: 300 }, { from: 950, to: 1300 }] },
    };
    await recorded(await sonataSink(at("out.h5")), odd);
    using h5 = await contents(at("out.h5"));
    expect(h5.file.keys()).toEqual(["records"]);
    expect(h5.value("records/v/time")).toEqual(Float64Array.of(0.1, 10.1, 20.1, 100.1, 110.1, 120.1));
  });
  test("a run that did not end: the files of what it has left", async () => {
    using engine = await createEngine(net, wasm, { records });
    const recorder = engine.recorder(records, await sonataSink(at("out.h5")));
    engine.run(2000, {}, { records: recorder });
    recorder.flush();
    engine.run(100, {}, { records: recorder }); // lost: nobody flushes or finishes
    expect(readdirSync(folder)).toEqual(["out.h5.part"]);
    expect(await recoverSonata(at("out.h5"))).toEqual({ files: [at("out.h5")], lost: 0 });
    expect(readdirSync(folder)).toEqual(["out.h5"]);
    using h5 = await contents(at("out.h5"));
    expect(h5.value("spikes/e/timestamps")).toEqual(all.e!.ticks.filter((t) => t < 2000).map((t) => t / 10));
  });
  test("a disk that fills up while the file is made: the log stays, nothing half-written, the library lives", async () => {
    const sink = await sonataSink(at("out.h5"));
    using engine = await createEngine(net, wasm, { records });
    const recorder = engine.recorder(records, sink);
    engine.run(STEPS, {}, { records: recorder });
    recorder.flush();
    room = 3000;
    const error = await refusal(recorder.finish());
    expect([error.code, error.message]).toEqual(["write-failed", `${at("out.h5")}: ENOSPC: no space left on device`]);
    expect(readdirSync(folder)).toEqual(["out.h5.part"]);
    room = Number.POSITIVE_INFINITY;
    await recoverSonata(at("out.h5"));
    using h5 = await contents(at("out.h5"));
    expect(h5.value("spikes/e/timestamps")).toEqual(all.e!.ticks.map((t) => t / 10));
  });
  test("the exact engine's spikes: seconds become ms, to the last place", async () => {
    const filling = neuron({
      name: "filling",
      equations: "dv/dt = (15*mV - v) / (10*ms) : volt",
      spike: "v > 10*mV",
      reset: "v = 0*mV",
    });
    const exact = createExactEngine(network({ dt: "1 ms", populations: { e: population(1, filling) } }));
    const recorder = exact.recorder(
      { e: { kind: "spikes", of: "e" }, v: { kind: "variable", of: "e.v", every: "2 ms" } },
      await sonataSink(at("out.h5")),
    );
    for (let k = 0; k < 4; k++) exact.run("10 ms", { records: recorder });
    await recorder.finish();
    using h5 = await contents(at("out.h5"));
    // v passes 10 mV after 10 ms · ln 3, each time anew.
    const times = h5.value("spikes/e/timestamps") as Float64Array;
    expect(times.length).toBe(3);
    for (const [k, t] of times.entries()) expect(Math.abs(t - 10 * Math.log(3) * (k + 1))).toBeLessThan(1e-12);
    expect(h5.value("report/e/mapping/time")).toEqual(Float64Array.of(0, 40, 2));
    const v = h5.value("report/e/data") as Float64Array;
    for (const [k, x] of [...v].slice(0, 5).entries()) expect(x).toBeCloseTo(0.015 * (1 - Math.exp(-0.2 * k)), 14);
  });
  test("several trials are refused before anything runs", async () => {
    const error = await refusal(recorded(await sonataSink(at("out.h5")), records, 2));
    expect(error.message).toBe("sonata: a file holds one trial, and there are 2");
  });
});

test("a sink wants the name of a file", async () => {
  for (const path of [undefined, 3, ""])
    for (const sink of [csvSink, sonataSink, recordLog])
      await expect(sink(path as never)).rejects.toThrow(
        /^file: expected the name of a file to write, got (undefined|3|'')$/,
      );
});

describe("synapses come with their ends", () => {
  const plastic = network({
    dt: "0.5 ms",
    populations: { a: population(12, cell) },
    connections: [
      connect("a", "a", {
        connectivity: inDegree(4),
        port: "v",
        delay: 1,
        weight: uniform(0, 1e-3),
        synapse: synapse({ name: "more", onPre: "v_post += w; w += 0.1*mV" }),
      }),
    ],
  });
  const of = "a>a.v";
  async function write<R>(sink: Sink<R>, synapses?: readonly number[]) {
    const chosen: Records = { w: { kind: "synapses", of, every: 10, ...(synapses && { synapses }) } };
    using engine = await createEngine(plastic, wasm);
    const recorder = engine.recorder(chosen, sink);
    engine.run(21, {}, { records: recorder });
    await recorder.finish();
    const { source, target } = engine.synapses(of) as Record<"source" | "target", Uint32Array>;
    return { source: source.slice(), target: target.slice() };
  }
  test("in CSV: the name of the column", async () => {
    const { source, target } = await write(await csvSink(at("w.csv")), [7, 3]);
    const [head] = readFileSync(at("w.csv"), "utf8").split("\n");
    expect(head).toBe(`time,a>a.v.w[7] ${source[7]}>${target[7]},a>a.v.w[3] ${source[3]}>${target[3]}`);
  });
  test("in HDF5 beside the values, by way of the log", async () => {
    const ends = await write(await sonataSink(at("w.h5")));
    const h5 = await library();
    h5.FS!.writeFile("w.h5", readFileSync(at("w.h5")));
    const file = new h5.File("w.h5", "r");
    for (const end of ["source", "target"] as const) {
      const found = (file.get(`records/w/${end}`) as InstanceType<typeof h5.Dataset>).value as BigUint64Array;
      expect(Array.from(found, Number)).toEqual([...ends[end]]);
    }
    file.close();
  });
  test("a log whose numbers are damaged is refused", async () => {
    const ends = await write(await recordLog(at("w.log")));
    const bytes = readFileSync(at("w.log"));
    const place = bytes.indexOf(Buffer.from(ends.target.buffer));
    expect(place).toBeGreaterThan(0);
    bytes[place + 8]! ^= 1;
    writeFileSync(at("w.log"), bytes);
    await expect(replayRecords(at("w.log"), memorySink())).rejects.toThrow("its header is damaged");
  });
});
