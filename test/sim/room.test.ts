/** What does not fit is refused: at once where synapses to be expected tell, else to the byte, with what to do. */
import { expect, test, vi } from "vitest";
import type { Backend } from "../../src/backend/backend.ts";
import { MOST_BYTES } from "../../src/backend/wasm/memory.ts";
import { threadedWasm, wasm } from "../../src/backend/wasm/wasm.ts";
import { RunError } from "../../src/base/errors.ts";
import { type ConnectOptions, connect } from "../../src/model/connection.ts";
import { outDegree, probability, totalNumber } from "../../src/model/connectivity.ts";
import { uniform } from "../../src/model/initializer.ts";
import { type Network, network, population } from "../../src/model/network.ts";
import { neuron } from "../../src/model/neuron.ts";
import { createEngine } from "../../src/sim/engine.ts";
import { needMemory64 } from "../backend/memory64.ts";

const cell = neuron({ name: "cell", equations: "dv/dt = 10*Hz : 1", spike: "v > 1", reset: "v = 0", port: "v" });
const joined = (size: number, options: ConnectOptions): Network =>
  network({
    name: "large",
    dt: "0.1 ms",
    populations: { n: population(size, cell) },
    connections: [connect("n", "n", { weight: 1e-9, delay: "1 ms", ...options })],
  });
/** Another test may have turned on memory of 64 bits meanwhile. */
const narrow = threadedWasm(1, { memory: 32 });
const refusal = async (net: Network, backend: Backend = narrow): Promise<RunError> => {
  try {
    using engine = await createEngine(net, backend, { seed: 1 });
    throw new Error(`it has ${engine.bytes} bytes`);
  } catch (error) {
    expect(error).toBeInstanceOf(RunError);
    return error as RunError;
  }
};

const delays = { delay: uniform(1e-4, 2e-3), weight: uniform(0, 1e-9) };
test.each<[string, number, ConnectOptions]>([
  ["one weight, 4 bytes", 1.2e6, { connectivity: outDegree(940) }],
  ["probabilities, which would take minutes to draw", 1.2e6, { connectivity: probability(0.00079) }],
  ["a total number", 1.2e6, { connectivity: totalNumber(1.13e9) }],
  ["f32 by delay, 6 bytes", 1e5, { connectivity: outDegree(7_400), ...delays }],
  ["i8 by delay, 3 bytes", 1e5, { connectivity: outDegree(14_700), ...delays, storage: "i8" }],
])("more than 4 GiB of synapses: %s", async (_name, neurons, options) => {
  const { code, path, message } = await refusal(joined(neurons, options));
  expect({ code, path }).toEqual({ code: "out-of-range", path: "large" });
  expect(message).toMatch(
    /^large: needs at least 4\.\d\d GiB, and there are 4\.00 GiB at most \(what memory: 32 asks for\); synapses: n>n 1?\d\.\de\+[89]\./,
  );
  expect(message).toContain('storage: "i8"');
  expect(message).toContain("procedural: true");
});

test("the same network takes no room for its synapses where rows are drawn again", async () => {
  using engine = await createEngine(joined(100_000, { connectivity: outDegree(11_000), procedural: true }), wasm);
  expect(engine.bytes).toBeLessThan(0.02 * MOST_BYTES);
});

test("to the byte, on one thread and on two", async () => {
  const net = joined(300, { connectivity: outDegree(40), ...delays });
  using two = threadedWasm(2);
  for (const backend of [wasm, two]) {
    const { bytes } = await createEngine(net, backend, { seed: 1 });
    const within = (mostBytes: number): Backend => ({
      ...{ name: "narrow", threads: backend.threads ?? 1, mostBytes },
      load: (program) => backend.load(program),
    });
    (await createEngine(net, within(bytes), { seed: 1 })).dispose();
    const { message } = await refusal(net, within(bytes - 1));
    expect(message).toMatch(/^large: needs 0\.00 GiB, and there are 0\.00 GiB at most; synapses: n>n 1\.2e\+4\./);
  }
});

test("more than 4 GiB, where the engine has no 64-bit memory, and more than 16, where it has", async () => {
  const net = joined(1.2e6, { connectivity: outDegree(940) });
  const has = vi.spyOn(WebAssembly, "validate").mockReturnValue(false);
  try {
    const { message } = await refusal(net, wasm);
    expect(message).toContain(
      "4.00 GiB at most (there is no 64-bit WebAssembly memory here; Node 22 and 24 have more, ",
    );
    expect(message).toContain("Node 20 with --experimental-wasm-memory64); synapses: n>n 1.1e+9.");
    await expect(wasm.load({ name: "p", buffers: [room64], regions: [] })).rejects.toThrow(
      /^p: needs 4\.00 GiB; WebAssembly memory ends at 4 GiB \(there is no 64-bit WebAssembly memory here; /,
    );
  } finally {
    has.mockRestore();
  }
  needMemory64();
  const once = joined(1e5, { connectivity: outDegree(15_000), ...delays });
  const twice = { ...once, connections: [...once.connections, { ...once.connections[0]!, name: "again" }] };
  const { message } = await refusal(twice, wasm);
  expect(message).toMatch(
    /^large: needs at least 1\d\.\d\d GiB, and there are 16\.00 GiB at most; synapses: n>n 1\.5e\+9, again 1\.5e\+9\./,
  );
});
const room64 = { name: "room", type: "f64", length: MOST_BYTES / 8, role: "work" } as const;
