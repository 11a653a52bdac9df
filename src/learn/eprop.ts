/**
 * E-prop (Bellec et al. 2020, Nat. Commun. 11:3625) in segments of time. The gradient of a weight is a sum over the steps of
 * a learning signal times an eligibility, which a synapse carries: how its target's state depends on the weight along the
 * neuron's own course, and how the readout's filter has passed on what that did to its spikes.
 *
 * Both factors are derived from the steps of the populations, and none is brought forward more often than it must be. Within
 * a segment the sum is that of adjoints, which run backwards through its steps with errors from the readout alone; what the
 * segments before it left is the adjoint at its start times the eligibility there. Then adjoints that start from one at the
 * segment's end, state by state, tell how eligibilities go on to that end: `transition` and `source` below. In segments of
 * one step these are the equations of the paper.
 */
import { ModelError } from "../base/errors.ts";
import { incoming, outgoing } from "../ir/adjoint.ts";
import { along, invoke, loop, type Node, ofPart, type Place, padded, place, type Term } from "../ir/program.ts";
import type { Step } from "../ir/step.ts";
import type { Connection } from "../model/connection.ts";
import { initialise, normal } from "../model/initializer.ts";
import type { Network } from "../model/network.ts";
import { addStep, copyStep, elementCall } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSteps, parameterPlace } from "../sim/lower/contributions.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import type { Eprop } from "./algorithm.ts";
import { Eligibilities, type Forward } from "./eligibility.ts";
import { startCall, stepOf, weighted } from "./lines.ts";
import type { OnlinePass } from "./online.ts";
import { requireEprop, trainedNodes } from "./onlineNetwork.ts";
import type { OutputPort } from "./readout.ts";
import { type Reverse, reverseOf } from "./reverse.ts";
import { type Transition, transitionOf } from "./transition.ts";
import { countSupport } from "./watch.ts";
import { listedSpikes, weightGradients } from "./weightGradients.ts";

/** A population as e-prop sees it. */
interface Unit extends Reverse {
  readonly node: string;
  readonly transition: Transition;
  /** Args of the adjoint that the forward pass shares: tape, masks, constants. */
  readonly shared: Readonly<Record<string, Place>>;
  /** The adjoint for an error of the spike that is the same for all neurons. */
  readonly uniform: Step;
}
/** An adjoint of a segment: that of the loss, or of one number at the segment's end. */
type Run = "loss" | `from.${string}` | `filter.${string}`;

export class EpropPass implements OnlinePass {
  readonly #net: Network;
  readonly #algorithm: Eprop;
  readonly #output: OutputPort;
  readonly #watch: boolean;
  readonly #units = new Map<string, Unit>();
  readonly #given = new Map<string, Place[]>();
  #context: Context | undefined;

  /** @throws {ModelError} `unsupported` for a network that e-prop cannot train */
  constructor(net: Network, algorithm: Eprop, output: OutputPort, watch = false) {
    requireEprop(net, output.node, algorithm);
    this.#net = net;
    this.#algorithm = algorithm;
    this.#output = output;
    this.#watch = watch;
  }

  give(node: string, port: string, row: Place): void {
    const key = `${node}.${port}`;
    this.#given.set(key, [...(this.#given.get(key) ?? []), row]);
  }

  kernel(node: string, kernel: Kernel, c: Context): Kernel {
    this.#context = c;
    const { step, args } = kernel;
    const isOutput = node === this.#output.node;
    if (!isOutput && !trainedNodes(this.#net).has(node)) return withStoresIn(kernel, step, args);
    const ports = [isOutput ? this.#output.port : "spike"];
    const { surrogate } = this.#algorithm;
    const reverse = reverseOf(step, ports, surrogate);
    const outputs = ports.map((p) => `out.${p}`);
    const transition = transitionOf(step, reverse, outputs, surrogate);
    if (isOutput) requireFilter(node, transition);
    const tapes = Object.fromEntries(reverse.tape.map((s) => [s.name, this.#tape(node, s.name, s.type)]));
    const shared = { ...args, ...tapes };
    this.#units.set(node, { ...reverse, node, transition, shared, uniform: withUniform(reverse.adjoint, "spike") });
    return withStoresIn(kernel, reverse.forward, shared);
  }
  #tape(node: string, slot: string, type: Context["type"] | Reverse["tape"][number]["type"]): Place {
    const c = this.#context!;
    const [stride, rows] = [c.stride(node), c.stepsKept];
    const buffer = c.buffer(`${node}.${slot}`, type, c.options.samples * rows * stride, "tape");
    return place(buffer, 0, along("s", rows * stride), along("t", stride));
  }

  clearSums(): Node[] {
    return [];
  }
  delta(node: string, port: string): Place {
    return this.#rows(node, port, "loss");
  }
  #rows(node: string, port: string, run: Run): Place {
    const name = run === "loss" ? `${node}.delta.${port}` : `${node}.${run}.source.${port}`;
    return this.#stepRows(name, this.#context!.stride(node), this.#longest(node, port));
  }
  /** A row for each step of a segment, and for as many as what left in them arrives late. */
  #stepRows(name: string, stride: number, longest: number): Place {
    const c = this.#context!;
    const rows = c.stepsKept + longest;
    const buffer = c.buffer(name, c.type, c.options.samples * rows * stride, "work");
    return place(buffer, 0, along("s", rows * stride), along("t", stride));
  }
  /** The longest delay of spikes of populations that arrive at a port. */
  #longest(node: string, port: string): number {
    const arriving = this.#net.connections.filter((x) => x.to.node === node && x.to.port === port);
    return Math.max(0, ...arriving.map((x) => this.#context!.delayOf(x)));
  }
  /** What leaves in the last steps of a sample, and would arrive after them, changes nothing. */
  #clearLate(node: string, port: string, row: Place): Node[] {
    const c = this.#context!;
    const longest = this.#longest(node, port);
    const [sample, { stride }] = row.terms as [Term, Term];
    const out = { ...row, terms: [sample, along("after", stride)] };
    const zero = invoke({ kind: "zero", type: c.type }, { out }, { n: stride });
    // A row that a sample has no step for may be read with those of other samples.
    const ended = c.stepsKept === 1 ? [loop("after", c.restCount, [zero], { from: c.stepCount })] : [];
    return [...ended, ...(longest > 0 ? [loop("after", longest, [zero], { from: c.stepCount })] : [])];
  }
  /** The adjoint of a state as a run goes backwards; behind its first step, at the segment's start. */
  #carry(node: string, state: string, run: Run): Place {
    const c = this.#context!;
    const name = run === "loss" ? `${node}.adjoint.${state}` : `${node}.${run}.transition.${state}`;
    return place(c.buffer(name, c.type, c.stride(node), "work"));
  }

  get #readout(): Unit {
    return this.#units.get(this.#output.node)!;
  }
  get #hidden(): Unit[] {
    return [...this.#units.values()].filter((u) => u.node !== this.#output.node);
  }
  /** States of the readout, as filters of a hidden population's spikes. */
  get #filters(): readonly string[] {
    return this.#readout.transition.shared;
  }

  kept(l: Lowered): readonly string[] {
    return this.#eligibilities(l).kept;
  }
  begin(l: Lowered): Node[] {
    return this.#eligibilities(l).begin();
  }

  errors(l: Lowered): Node[] {
    const units = [...this.#units.values()];
    const hidden = this.#hidden;
    return [
      ...units.flatMap((u) => this.#start(u, "loss")),
      ...units.flatMap((u) => u.transition.shared.flatMap((a) => this.#startShared(u, a))),
      ...hidden.flatMap((u) => this.#runsOf(u).flatMap((run) => this.#start(u, run))),
      ...overSteps(
        l.context,
        [
          ...this.#lossStep(this.#readout, l),
          ...hidden.flatMap((u) => this.#lossStep(u, l)),
          ...units.flatMap((u) => u.transition.shared.map((a) => this.#sharedStep(u, a))),
          ...hidden.flatMap((u) => this.#runsOf(u).map((run) => this.#runStep(u, run))),
        ],
        true,
      ),
      ...hidden.flatMap((u) => this.#filters.map((r) => this.#filterError(u, r, l))),
    ];
  }
  #runsOf({ transition }: Unit): Run[] {
    return [...transition.own.map((a): Run => `from.${a}`), ...this.#filters.map((r): Run => `filter.${r}`)];
  }

  /** At the segment's end: no adjoint, or one of a state. */
  #start({ node, carried, sums }: Unit, run: Run): Node[] {
    const starts = carried.map((s) => [this.#carry(node, s, run), Number(run === `from.${s}`)] as const);
    return [
      ...startCall(`${node}.${run}.start`, this.#context!.type, starts, this.#context!.size(node)),
      ...sums.flatMap((port) => this.#clearLate(node, port, this.#rows(node, port, run))),
    ];
  }
  #lossStep(unit: Unit, l: Lowered): Node[] {
    const { node } = unit;
    if (node === this.#output.node) {
      const { port } = this.#output;
      const [row] = this.#given.get(`${node}.${port}`)!;
      return [this.#adjoint(unit, "loss", unit.adjoint, port, row!)];
    }
    const { at, nodes } = this.#signal(node, l);
    const counted = this.#watch && unit.support ? countSupport(node, unit.support, unit.shared, l.context) : [];
    return [...counted, ...nodes, this.#adjoint(unit, "loss", unit.adjoint, "spike", at)];
  }
  /** A hidden population's own course: from a state at the segment's end, or from what a filter of the readout then holds. */
  #runStep(unit: Unit, run: Run): Node {
    const error = run.startsWith("filter.")
      ? this.#sharedRow(this.#readout.node, run.slice("filter.".length), this.#port)
      : place(this.#context!.constant("no.error", new Float64Array(padded(1, this.#context!.type))));
    return this.#adjoint(unit, run, unit.uniform, "spike", error);
  }
  #adjoint(unit: Unit, run: Run, step: Step, port: string, error: Place): Node {
    const args: Record<string, Place> = { ...unit.shared, [incoming(`out.${port}`)]: error };
    for (const state of unit.carried)
      args[incoming(state)] = args[outgoing(state)] = this.#carry(unit.node, state, run);
    for (const sum of unit.sums) args[outgoing(`in.${sum}`)] = this.#rows(unit.node, sum, run);
    return elementCall(step, args, this.#context!.size(unit.node));
  }

  /** The learning signal: what regularisers say of a spike in this step, and the readout's error, fed back. */
  #signal(node: string, l: Lowered): { at: Place; nodes: Node[] } {
    const c = l.context;
    const at = place(c.buffer(`${node}.signal`, c.type, c.stride(node), "work"));
    const given = this.#given.get(`${node}.spike`) ?? [];
    const n = c.stride(node);
    const nodes = given.map((x, k) => elementCall(k === 0 ? copyStep(c.type) : addStep(c.type), { x, out: at }, n));
    return {
      at,
      nodes: [
        ...nodes,
        this.#feedBack(node, this.#rows(this.#readout.node, this.#port, "loss"), at, l, nodes.length > 0),
      ],
    };
  }
  /** `out = (out +) feedback weights · error of the readout` */
  #feedBack(node: string, error: Place, out: Place, l: Lowered, accumulate: boolean): Node {
    const c = l.context;
    const weights = this.#feedbackWeights(node, l);
    const width = c.stride(this.#readout.node);
    const parts = weights.map(() => ({ width, stride: width }));
    const args = Object.fromEntries(
      weights.flatMap((w, p) => [
        [ofPart("a", p), error],
        [ofPart("weights", p), w],
      ]),
    );
    const kernel = { kind: "rowDots", type: c.type, parts, listed: false, accumulate } as const;
    return invoke(kernel, { out, ...args }, { rows: c.size(node) });
  }
  #feedbackWeights(node: string, l: Lowered): Place[] {
    if (this.#algorithm.feedback === "symmetric")
      return this.#routes(node).map((x) => parameterPlace(l.parameters, `${x.name}.weight`));
    const c = l.context;
    const [rows, classes, stride] = [c.size(node), c.size(this.#output.node), c.stride(this.#output.node)];
    const drawn = feedbackWeights(this.#algorithm.seed, node, rows, classes);
    const padding = new Float64Array(rows * stride);
    for (let r = 0; r < rows; r++) padding.set(drawn.subarray(r * classes, (r + 1) * classes), r * stride);
    return [place(c.constant(`${node}.feedback`, padding))];
  }
  #routes(node: string): Connection[] {
    return this.#net.connections.filter((x) => x.from.node === node && x.to.node === this.#output.node);
  }
  /** The port of the readout at which spikes arrive. */
  get #port(): string {
    return this.#net.connections.find((c) => c.to.node === this.#output.node && c.from.node in this.#net.populations)!
      .to.port;
  }

  /** The adjoint of what a filter of the readout held at the segment's start. */
  #filterError({ node }: Unit, state: string, l: Lowered): Node {
    return this.#feedBack(
      node,
      this.#carry(this.#readout.node, state, "loss"),
      this.#filterPlace(node, state),
      l,
      false,
    );
  }
  #filterPlace(node: string, state: string): Place {
    const c = this.#context!;
    return place(c.buffer(`${node}.filter.${state}.adjoint`, c.type, c.stride(node), "work"));
  }

  /** Of states whose course is the same for all neurons: one number stands for all of them. */
  #sharedState(node: string, run: string, state: string): Place {
    const c = this.#context!;
    return place(c.buffer(`${node}.shared.${run}.transition.${state}`, c.type, padded(1, c.type), "work"));
  }
  #sharedRow(node: string, run: string, port: string): Place {
    const stride = padded(1, this.#context!.type);
    return this.#stepRows(`${node}.shared.${run}.source.${port}`, stride, this.#longest(node, port));
  }
  #startShared({ node, transition, sums }: Unit, run: string): Node[] {
    const starts = transition.shared.map((s) => [this.#sharedState(node, run, s), Number(s === run)] as const);
    return [
      ...startCall(`${node}.shared.start`, this.#context!.type, starts, 1),
      ...sums.flatMap((port) => this.#clearLate(node, port, this.#sharedRow(node, run, port))),
    ];
  }
  #sharedStep({ node, transition: { shared, slope }, sums }: Unit, run: string): Node {
    const { type } = this.#context!;
    const from = (to: string) =>
      weighted(
        type,
        shared.flatMap((s) => {
          const x = slope(s, to) as number;
          return x === 0 ? [] : [[x, s] as const];
        }),
      );
    const stores = [
      ...sums.map((p) => ({ slot: `out.${p}`, mode: "set" as const, value: from(`in.${p}`) })),
      ...shared.map((s) => ({ slot: s, mode: "set" as const, value: from(s) })),
    ];
    const step = stepOf(`${node}.shared`, type, { element: [...shared, ...sums.map((p) => `out.${p}`)] }, stores);
    const places = [
      ...shared.map((s) => [s, this.#sharedState(node, run, s)] as const),
      ...sums.map((p) => [`out.${p}`, this.#sharedRow(node, run, p)] as const),
    ];
    return elementCall(step, Object.fromEntries(places), 1);
  }

  gradients(l: Lowered): Node[] {
    return [...weightGradients(l, this), ...this.#eligibilities(l).forward()];
  }
  #eligibilities(l: Lowered): Eligibilities {
    listedSpikes(l); // makes the buffers
    return new Eligibilities(l, (c) => this.#forwardOf(this.#units.get(c.to.node)!));
  }

  /** How what synapses of a population carry goes on, as places. */
  #forwardOf(unit: Unit): Forward {
    const { node, transition } = unit;
    const { own, shared, reaches } = transition;
    const filters = node === this.#output.node ? [] : this.#filters;
    const filter = (r: string): Run => `filter.${r}`;
    const error = (run: Run) => (_: string, port: string) => this.#rows(node, port, run);
    return {
      shared: shared.map((a) => ({
        name: a,
        adjoint: this.#carry(node, a, "loss"),
        transitions: shared.map((b) => ({ from: b, place: this.#sharedState(node, a, b) })),
        errors: (_, port) => this.#sharedRow(node, a, port),
      })),
      own: [
        ...own.map((a) => ({
          name: a,
          adjoint: this.#carry(node, a, "loss"),
          transitions: [...own, ...shared]
            .filter((b) => reaches(b, a))
            .map((b) => ({ from: b, place: this.#carry(node, b, `from.${a}`) })),
          errors: error(`from.${a}`),
        })),
        ...filters.map((r) => ({
          name: filter(r),
          adjoint: this.#filterPlace(node, r),
          transitions: [
            ...[...own, ...shared].map((b) => ({ from: b, place: this.#carry(node, b, filter(r)) })),
            ...filters.map((q) => ({
              from: filter(q),
              place: this.#sharedState(this.#output.node, r, q),
              uniform: true,
            })),
          ],
          errors: error(filter(r)),
        })),
      ],
    };
  }
}

/** Spikes are stored as numbers only where somebody reads them so. */
function withStoresIn(kernel: Kernel, step: Step, args: Kernel["args"]): Kernel {
  const stores = step.stores.filter((s) => s.slot !== "out.spike" || args["out.spike"]);
  return { ...kernel, step: { ...step, stores }, args };
}

/** The weights of random feedback from a readout to a population: normal, as far apart as the root of the population's share. */
export const feedbackWeights = (seed: number, node: string, neurons: number, classes: number): Float64Array =>
  initialise(normal(0, 1 / Math.sqrt(neurons)), neurons * classes, { name: `${node}.feedback`, seed });

/** The adjoint for an error that all elements share. */
const withUniform = (step: Step, port: string): Step => ({
  ...step,
  slots: step.slots.map((s) => (s.name === incoming(`out.${port}`) ? { ...s, space: "uniform" } : s)),
});

/** What a readout remembers must be the same filter for all classes and at any time: a hidden neuron's synapses carry it. */
function requireFilter(node: string, { own }: Transition): void {
  if (own.length === 0) return;
  throw new ModelError(
    "unsupported",
    node,
    `e-prop needs a readout that is a linear filter, the same for all classes, such as leakyIntegrator(); of '${own[0]}' that is not so`,
  );
}
