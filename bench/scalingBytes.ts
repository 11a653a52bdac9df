/** Bytes that a synapse takes, by what a connection asks for, and how many synapses there are room for. */
import { MOST_BYTES } from "../src/backend/wasm/memory.ts";
import { threadedWasm, wasm } from "../src/backend/wasm/wasm.ts";
import { RunError } from "../src/base/errors.ts";
import { type ConnectOptions, connect } from "../src/model/connection.ts";
import { outDegree, probability } from "../src/model/connectivity.ts";
import { uniform } from "../src/model/initializer.ts";
import { type Network, network, population } from "../src/model/network.ts";
import { neuron } from "../src/model/neuron.ts";
import { pairStdp } from "../src/model/plasticity/pairStdp.ts";
import { createEngine } from "../src/sim/engine.ts";

const cell = neuron({ name: "cell", equations: "dv/dt = -v / (20*ms) : 1", spike: "v > 1", reset: "v = 0", port: "v" });
const weight = uniform(0, 1e-3);
const delay = "1 ms";
const delays = uniform(1e-4, 2e-3);
const plastic = { weight, delay, synapse: pairStdp({ wMax: 1e-3, transmit: "v += w" }) };
const PROCEDURAL = "procedural, one weight";
interface Density {
  /** One synapse from everybody to everybody. */
  readonly full?: boolean;
  /** A thousand synapses a target, and more, which may lie otherwise. */
  readonly many?: boolean;
}
type Layout = ConnectOptions & Density;
export const LAYOUTS: Readonly<Record<string, Layout>> = {
  [PROCEDURAL]: { weight: 1e-3, delay, procedural: true },
  "procedural, f32 weights": { weight, delay, procedural: true },
  "procedural, delays and f32 weights": { weight, delay: delays, procedural: true },
  "one weight": { weight: 1e-3, delay },
  "one weight, a thousand a target": { weight: 1e-3, delay, many: true },
  "f32 weights": { weight, delay },
  "f32 weights, a thousand a target": { weight, delay, many: true },
  "i16 weights": { weight, delay, storage: "i16" },
  "i8 weights": { weight, delay, storage: "i8" },
  "delays, one weight": { weight: 1e-3, delay: delays },
  "delays, f32 weights": { weight, delay: delays },
  "delays, i16 weights": { weight, delay: delays, storage: "i16" },
  "delays, i8 weights": { weight, delay: delays, storage: "i8" },
  "plastic (pair STDP)": plastic,
  "plastic, all to all": { ...plastic, full: true },
};

/** Every neuron has so many synapses; with `full`, one to everybody. */
export function joined(neurons: number, degree: number, { full = false, many: _many, ...options }: Layout): Network {
  const connectivity = full ? probability(degree / neurons) : outDegree(degree);
  return network({
    dt: "0.1 ms",
    schedule: "brian",
    populations: { n: population(neurons, cell) },
    connections: [connect("n", "n", { port: "v", connectivity, ...options })],
  });
}
const bytesOf = async (net: Network): Promise<number> => {
  using engine = await createEngine(net, wasm, { seed: 1 });
  return engine.bytes;
};

/**
 * Of linear memory: what more synapses of the same neurons add. A full connection cannot have fewer; it is held against one
 * that stores nothing.
 */
export async function bytesASynapse(name: string, neurons = 1000): Promise<number> {
  const layout = LAYOUTS[name]!;
  if (layout.full) {
    const none = await bytesOf(joined(neurons, neurons, LAYOUTS[PROCEDURAL]!));
    return ((await bytesOf(joined(neurons, neurons, layout))) - none) / neurons ** 2;
  }
  const [size, few, more] = layout.many ? [2000, 1100, 1900] : [neurons, 1, neurons];
  const [a, b] = [await bytesOf(joined(size, few, layout)), await bytesOf(joined(size, more, layout))];
  return (b - a) / (size * (more - few));
}

/** Synapses in all that memory has room for, of 32-bit addresses or another; undefined where they take none. */
export const room = (bytes: number, most = MOST_BYTES): number | undefined =>
  bytes < 0.1 ? undefined : Math.floor(most / bytes);
/** What has not more than 4 GiB on any engine. */
const narrow = threadedWasm(1, { memory: 32 });

/**
 * What an engine says that asks for a twentieth more than there is room for.
 * @throws Error where it is not refused
 */
export async function refusal(name: string, bytes: number): Promise<string> {
  const layout = LAYOUTS[name]!;
  const synapses = 1.05 * room(bytes)!;
  const neurons = layout.many ? 100_000 : Math.ceil(synapses / 900);
  try {
    using engine = await createEngine(joined(neurons, Math.ceil(synapses / neurons), layout), narrow, { seed: 1 });
    throw new Error(`${name}: an engine of ${engine.bytes} bytes, where ${MOST_BYTES} are the most`);
  } catch (error) {
    if (error instanceof RunError && error.code === "out-of-range") return error.message;
    throw error;
  }
}
