/** The task on the real recordings: what it is, that it learns, and what the commands say without the files. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { threadedWasm } from "../../src/backend/wasm/wasm.ts";
import { ecg } from "../../src/data/sets/ecg.ts";
import { ECG } from "../../src/tasks/ecg.ts";
import { recurrentDesign } from "../../src/tasks/networks.ts";
import { trainDesign } from "../../src/tasks/session.ts";
import { dataFolder, hasData, NEEDS } from "../data/shared.ts";

const present = hasData("ecg-qtdb");
const rheobase = (...args: string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8",
  });

test("one recurrent layer of at most 36 adaptive neurons, and a smaller layer of gated units", () => {
  const [spiking, twin] = [ECG.spiking.network(), ECG.twin.network()];
  expect(Object.keys(spiking.populations)).toEqual(["hidden", "output"]);
  expect(spiking.populations.hidden!.size).toBeLessThanOrEqual(36);
  expect(spiking.populations.hidden!.model.name).toBe("se-adlif");
  expect(twin.populations.hidden!.model.name).toBe("gru");
  for (const net of [spiking, twin])
    expect([net.steps, net.inputs.input!.size, net.populations.output!.size]).toEqual([1301, 4, 6]);
});

test("three epochs of the real recipe: far above chance on sequences held out of training", async ({ skip }) => {
  skip(!present, NEEDS);
  const { train } = await ecg({ directory: dataFolder });
  using backend = threadedWasm(2);
  const session = { backend, seed: 1, stage: "test", onProgress: () => {} };
  for (const recipe of [ECG.spiking, ECG.twin]) {
    const { selected } = await trainDesign(recurrentDesign(recipe, { epochs: 3 }), train, session);
    expect(selected!.accuracy).toBeGreaterThan(0.45); // the most frequent class has 0.33
  }
}, 60_000);

test("without the files: which, where they were looked for, and how to say where they are", () => {
  const { status, stderr, stdout } = rheobase("compare", "ecg", "--data", "/nowhere");
  expect([status, stdout]).toEqual([1, ""]);
  expect(stderr).toContain("ecg: needs QTDB_train.mat, QTDB_test.mat");
  expect(stderr).toContain("/nowhere/ecg-qtdb");
  expect(stderr).toContain("--data");
});

test("explain ecg shows it without data", () => {
  const { status, stdout } = rheobase("explain", "ecg", "--json");
  expect(status).toBe(0);
  const { network, programs } = JSON.parse(stdout);
  expect(network.encoder).toEqual({ kind: "events" });
  expect(Object.keys(programs)).toEqual(["inference", "training"]);
});
