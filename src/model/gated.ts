/** Layers of gated units (GRU, LSTM, spiking LSTM): a population together with its connections from below and to itself. */
import { type Every, requireKnown } from "../base/errors.ts";
import { type ConnectionSpec, connect } from "./connection.ts";
import { uniform } from "./initializer.ts";
import { type Population, population } from "./network.ts";
import { gruCell } from "./neuron/gru.ts";
import { lstmCell } from "./neuron/lstm.ts";
import { spikingLstmCell } from "./neuron/spikingLstm.ts";
import type { NeuronModel } from "./neuronModel.ts";

/** Options of `gru`, `lstm` and `spikingLstm`. */
export interface GatedOptions {
  /** Of the population, in `sequential`. */
  readonly name?: string;
  /** Whole steps from below; default 0. From the layer to itself it takes one step. */
  readonly delay?: number;
  readonly dropout?: number;
}
/** A layer of gated units as plain data: what `gru`, `lstm` and `spikingLstm` make. */
export interface GatedLayer {
  readonly layer: "gated";
  readonly cell: keyof typeof CELLS;
  readonly size: number;
  readonly options: GatedOptions;
}

interface Cell {
  readonly model: () => NeuronModel;
  /** Ports that hear the layer below. */
  readonly below: readonly string[];
  /** Ports that hear the layer itself, one step later. */
  readonly own: readonly string[];
}
const LSTM_PORTS = ["store", "forget", "candidate", "output"];
const CELLS = {
  gru: { model: gruCell, below: ["reset", "update", "candidate"], own: ["reset", "update", "recurrent"] },
  lstm: { model: lstmCell, below: LSTM_PORTS, own: LSTM_PORTS },
  spikingLstm: { model: spikingLstmCell, below: LSTM_PORTS, own: LSTM_PORTS },
} as const satisfies Record<string, Cell>;

const OPTIONS = { name: true, delay: true, dropout: true } as const satisfies Every<GatedOptions>;
function gated(cell: GatedLayer["cell"], size: number, options: GatedOptions): GatedLayer {
  requireKnown(cell, options, OPTIONS);
  return { layer: "gated", cell, size, options };
}
/** `size` gated recurrent units, for `sequential` or `gatedLayer`. */
export const gru = (size: number, options: GatedOptions = {}): GatedLayer => gated("gru", size, options);
/** `size` long short-term memory units, for `sequential` or `gatedLayer`. */
export const lstm = (size: number, options: GatedOptions = {}): GatedLayer => gated("lstm", size, options);

/**
 * `size` spiking long short-term memory units, for `sequential` or `gatedLayer`: to itself the layer sends its membrane `h` by
 * value, to the next one its spikes.
 */
export const spikingLstm = (size: number, options: GatedOptions = {}): GatedLayer =>
  gated("spikingLstm", size, options);

/**
 * A layer as parts of a network, its answer in `h`. All weights and biases start as U(±1/√size), as torch.nn.GRU and
 * torch.nn.LSTM have them. Torch adds two biases in every gate, one from below and one of the layer's own; here a port
 * has one, to which their sum is equal. The candidate of a GRU keeps both, because its reset gate tells them apart.
 *
 * @param node name of the population
 * @param from what is below: an input, a population or a transform
 */
export function gatedLayer(
  node: string,
  from: string,
  { cell, size, options }: GatedLayer,
): { populations: Record<string, Population>; connections: ConnectionSpec[] } {
  const { model, below, own }: Cell = CELLS[cell];
  const { delay = 0, dropout = 0 } = options;
  const members = population(size, model(), { dropout });
  const start = uniform(-1 / Math.sqrt(members.size), 1 / Math.sqrt(members.size));
  const weight = { weight: start };
  const both = { weight: start, bias: start };
  return {
    populations: { [node]: members },
    connections: [
      ...below.flatMap((port) => connect(from, node, { port, delay, ...both })),
      ...own.flatMap((port) =>
        connect(node, node, { port, output: "h", delay: 1, ...(below.includes(port) ? weight : both) }),
      ),
    ],
  };
}
