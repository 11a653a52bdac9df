/**
 * Online training through time (Xiao et al. 2022, NeurIPS, arXiv:2210.04195). A source keeps, for the membrane of a target, a
 * trace of what left it, which decays as the membrane does. In each step errors go back from the readout through the layers
 * of that step, by the adjoints of the populations' steps; what they are at a port, times the trace, is the gradient.
 */
import { ModelError } from "../base/errors.ts";
import { along, type Node, type Place, padded, place } from "../ir/program.ts";
import type { Surrogate } from "../ir/surrogate.ts";
import type { Connection } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import { totalDelay } from "../model/timing.ts";
import type { Context } from "../sim/lower/context.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import type { Ottt } from "./algorithm.ts";
import { BackwardPass } from "./backward.ts";
import { Eligibilities, type Forward } from "./eligibility.ts";
import type { OnlinePass } from "./online.ts";
import { requireOnline, trainedNodes } from "./onlineNetwork.ts";
import type { OutputPort } from "./readout.ts";
import { reverseOf } from "./reverse.ts";
import { type Transition, transitionOf } from "./transition.ts";
import { listedSpikes } from "./weightGradients.ts";

export class OtttPass implements OnlinePass {
  readonly #net: Network;
  readonly #surrogate: Surrogate;
  readonly #output: OutputPort;
  readonly #backward: BackwardPass;
  /** By population: the leak of the membrane that its connections drive; 0 where nothing is remembered. */
  readonly #leaks = new Map<string, number>();
  #context: Context | undefined;

  /** @throws {ModelError} `unsupported` for a network that OTTT cannot train */
  constructor(net: Network, algorithm: Ottt, output: OutputPort, watch = false) {
    requireOttt(net, output.node);
    this.#net = net;
    this.#surrogate = algorithm.surrogate;
    this.#output = output;
    this.#backward = new BackwardPass(net, algorithm.surrogate, watch);
  }

  give(node: string, port: string, row: Place): void {
    this.#backward.give(node, port, row);
  }
  kernel(node: string, kernel: Kernel, c: Context): Kernel {
    this.#context = c;
    if (trainedNodes(this.#net).has(node)) {
      const port = node === this.#output.node ? this.#output.port : "spike";
      const reverse = reverseOf(kernel.step, [port], this.#surrogate);
      this.#leaks.set(node, leakOf(node, transitionOf(kernel.step, reverse, [`out.${port}`], this.#surrogate)));
    }
    return this.#backward.kernel(node, kernel, c);
  }
  clearSums(): Node[] {
    return [];
  }
  delta(node: string, port: string, ahead: number): Place {
    return this.#backward.delta(node, port, ahead);
  }

  kept(l: Lowered): readonly string[] {
    return this.#traces(l).kept;
  }
  begin(l: Lowered): Node[] {
    return this.#traces(l).begin();
  }
  errors(l: Lowered): Node[] {
    return this.#backward.segment(l, true);
  }
  gradients(l: Lowered): Node[] {
    return [...listedSpikes(l), ...this.#traces(l).traced()];
  }

  #traces(l: Lowered): Eligibilities {
    return new Eligibilities(l, (c) => this.#forwardOf(c));
  }
  #forwardOf(c: Connection): Forward {
    const { type } = this.#context!;
    const lanes = padded(1, type);
    const number = (name: string, x: number): string =>
      this.#context!.constant(
        name,
        Float64Array.from({ length: lanes }, (_, k) => (k === 0 ? x : 0)),
      );
    const leak = place(number(`${c.to.node}.leak`, this.#leaks.get(c.to.node)!));
    const one = place(number("one", 1), 0, along("s", lanes), along("t", lanes));
    return {
      own: [],
      shared: [
        {
          name: MEMBRANE,
          adjoint: this.delta(c.to.node, c.to.port, 0),
          transitions: [{ from: MEMBRANE, place: leak }],
          errors: () => one,
        },
      ],
    };
  }
}
const MEMBRANE = "membrane";

/** @throws {ModelError} `unsupported` where a trace with one leak is not what the target remembers of a source */
function leakOf(node: string, { states, shared, slope }: Transition): number {
  const [state] = states;
  if (state === undefined) return 0;
  if (states.length === 1 && shared.length === 1) return slope(state, state) as number;
  const why =
    states.length > 1
      ? `it remembers ${states.join(", ")}`
      : `what it remembers in '${state}' depends on its own spikes, or differs between neurons`;
  throw new ModelError(
    "unsupported",
    node,
    `OTTT needs membranes with one leak, the same for all neurons of a layer, that are reset by subtraction, such as lif({ reset: "subtract" }); ${why}: use e-prop or bptt`,
  );
}

/** @throws {ModelError} `unsupported` */
function requireOttt(net: Network, output: string): void {
  requireOnline(net, "OTTT");
  const heard = new Set([output]);
  for (let grown = true; grown; ) {
    const more = net.connections.filter(
      (c) =>
        c.from.node in net.populations && heard.has(c.to.node) && !heard.has(c.from.node) && totalDelay(net, c) === 0,
    );
    for (const c of more) heard.add(c.from.node);
    grown = more.length > 0;
  }
  for (const node of trainedNodes(net))
    if (!heard.has(node))
      throw new ModelError(
        "unsupported",
        node,
        `no connections without delay lead from here to '${output}', so that no error reaches it in the step in which it arises: use e-prop or bptt`,
      );
}
