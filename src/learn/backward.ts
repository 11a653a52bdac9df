/**
 * The backward pass of a lowered network: for each component, last first, the steps in reverse, and in each step the
 * populations in reverse. A population's adjoint is derived from its own step; errors reach it from the sums of the
 * populations it feeds, through the rows of the weights.
 */
import { ModelError } from "../base/errors.ts";
import { adjointStep, incoming, outgoing } from "../ir/adjoint.ts";
import { gradients } from "../ir/differentiate.ts";
import { compare, constant, type Expr, or } from "../ir/expr.ts";
import { along, invoke, type Node, type Place, place } from "../ir/program.ts";
import { simplify } from "../ir/simplify.ts";
import { nodes, pruneSlots, readsOf, type Step } from "../ir/step.ts";
import { type Surrogate, surrogateSupport } from "../ir/surrogate.ts";
import { tapePlan } from "../ir/tape.ts";
import { isFloat } from "../ir/types.ts";
import { type Connection } from "../model/connection.ts";
import { type Network } from "../model/network.ts";
import { copyStep, elementCall } from "../sim/lower/bodies.ts";
import { type Context } from "../sim/lower/context.ts";
import { overSamples, overSteps, parameterPlace } from "../sim/lower/contributions.ts";
import { type Lowered } from "../sim/lower/lower.ts";
import { type Kernel } from "../sim/lower/populations.ts";

/** What is kept of each population to run it backwards. */
interface Reverse {
  readonly adjoint: Step;
  /** Args of the adjoint that the forward pass shares: tape, masks, constants. */
  readonly shared: Readonly<Record<string, Place>>;
  /** Ports whose adjoints come in from outside: `spike` or outputs by value. */
  readonly ports: readonly string[];
  /** States whose adjoint is carried from step to step. */
  readonly carried: readonly string[];
  /** Ports at which something arrives: their adjoints are the errors that weights and sources need. */
  readonly sums: readonly string[];
  /** Elements whose error a spike's adjoint can change at all; absent where all are. */
  readonly support?: Step;
}

export class BackwardPass {
  readonly #net: Network;
  readonly #surrogate: Surrogate;
  readonly #reverse = new Map<string, Reverse>();
  /** Ports whose gradient the loss gives, as rows by step. */
  readonly #lossRows = new Map<string, Place>();
  #context: Context | undefined;

  constructor(net: Network, surrogate: Surrogate) {
    this.#net = net;
    this.#surrogate = surrogate;
  }

  /** The loss's gradient with respect to each step's row of a port, to be written by the loss. */
  lossGradient(node: string, port: string, c: Context): Place {
    const row = this.#rows(`${node}.loss.${port}`, node, c, 0).row(0);
    this.#lossRows.set(`${node}.${port}`, row);
    return row;
  }

  /** Hook for `lower`: derives a population's adjoint, and makes its forward kernel keep what that needs. */
  kernel(node: string, { step, args }: Kernel, c: Context): Kernel {
    this.#context = c;
    if (this.#net.schedule.groups.length > 1)
      throw new ModelError("not-differentiable", `schedule ${this.#net.schedule.name}`, "training needs a schedule with one group of phases: layered, nest or loihi");
    const ports = this.#portsOf(node).filter((p) => step.stores.some((s) => s.slot === `out.${p}`));
    const reads = readsOf(step);
    const floats = step.slots.filter((s) => isFloat(s.type) && reads.has(s.name));
    const stored = new Set(step.stores.filter((s) => s.mode === "set").map((s) => s.slot));
    const carried = floats.map((s) => s.name).filter((s) => stored.has(s));
    const sums = floats.map((s) => s.name).filter((s) => s.startsWith("in."));
    const from = [...carried, ...ports.map((p) => `out.${p}`)];
    const derived = adjointStep(step, { wrt: [...carried, ...sums], from, surrogate: this.#surrogate });
    const available = floats.map((s) => s.name).filter((s) => !carried.includes(s) && !sums.includes(s));
    const plan = tapePlan(step, derived, { available });
    const tapes = Object.fromEntries(plan.tape.map((s) => [s.name, this.#tape(node, s.name, s.type, c)]));
    this.#reverse.set(node, {
      adjoint: plan.adjoint,
      shared: { ...args, ...tapes },
      ports, carried, sums: sums.map((s) => s.slice(3)),
      ...this.#supportOf(node, plan.adjoint, ports),
    });
    const stores = plan.forward.stores.filter((s) => s.slot !== "out.spike" || args["out.spike"]);
    return { step: pruneSlots(simplify({ ...plan.forward, stores })), args: { ...args, ...tapes } };
  }

  /** Outputs of a node that something differentiable listens to. */
  #portsOf(node: string): string[] {
    const heard = this.#net.connections.filter((c) => c.from.node === node).map((c) => c.from.port);
    const losses = [...this.#lossRows.keys()].filter((k) => k.startsWith(`${node}.`)).map((k) => k.slice(node.length + 1));
    return [...new Set([...heard, ...losses])];
  }

  #tape(node: string, slot: string, type: "f32" | "f64" | "i32" | "u32" | "bool", c: Context): Place {
    const { samples, steps } = c.options;
    const stride = c.stride(node);
    return place(c.buffer(`${node}.${slot}`, type, samples * steps * stride, "tape"), 0, along("s", steps * stride), along("t", stride));
  }

  /**
   * The adjoint is linear in the spike's adjoint; where its coefficient is zero, that adjoint need not be formed. With a
   * surrogate of compact support that is most of the neurons.
   */
  #supportOf(node: string, adjoint: Step, ports: readonly string[]): { support?: Step } {
    const slot = adjoint.slots.find((s) => s.name === incoming("out.spike"));
    if (!ports.includes("spike") || !slot || !Number.isFinite(surrogateSupport(this.#surrogate))) return {};
    const spikeAdjoint = nodes(adjoint).find((e) => e.tag === "read" && e.slot === slot.name);
    if (!spikeAdjoint) return {};
    const coefficients = adjoint.stores.flatMap((s) => gradients([{ value: s.value, seed: constant(slot.type, 1) }], [spikeAdjoint], undefined)).filter((e) => e !== undefined);
    const tests = coefficients.map((e) => compare("ne", e, constant(slot.type, 0)) as Expr);
    if (tests.length === 0) return {};
    const step: Step = {
      name: `${node}.support`,
      slots: [...adjoint.slots, { name: "support", type: "u32", space: "uniform" }],
      stores: [{ slot: "support", mode: "append", value: tests.reduce((a, b) => or(a, b)) }],
    };
    return { support: pruneSlots(simplify(step)) };
  }

  /** The error at a port: one row for each step, then as many rows of zero as the longest delay of what arrives there. */
  delta(node: string, port: string, ahead: number): Place {
    return this.#rows(`${node}.delta.${port}`, node, this.#context!, this.#longestInto(node, port)).row(ahead);
  }
  #longestInto(node: string, port: string): number {
    return Math.max(0, ...this.#net.connections.filter((c) => c.to.node === node && c.to.port === port).map((c) => this.#context!.delayOf(c)));
  }
  #rows(name: string, node: string, c: Context, after: number): { row(ahead: number): Place } {
    const { samples, steps } = c.options;
    const stride = c.stride(node);
    const rows = steps + after;
    c.buffer(name, c.type, samples * rows * stride, "work");
    return { row: (ahead) => place(name, ahead * stride, along("s", rows * stride), along("t", stride)) };
  }

  /** All components, last first. */
  nodes(l: Lowered): Node[] {
    return [...l.components].reverse().flatMap((nodes) => overSamples(l.context, this.#component(nodes, l)));
  }

  #component(nodes: readonly string[], l: Lowered): Node[] {
    const members = [...nodes].reverse();
    const odd = members.find((n) => !(n in l.net.populations));
    if (odd) throw new ModelError("not-differentiable", odd, `no adjoint is known for the transform '${l.net.transforms[odd]?.kind}'`);
    return [
      ...members.flatMap((n) => this.#reverse.get(n)!.carried.map((state) => this.#clear(n, this.#carry(n, state)))),
      ...overSteps(l.context, members.flatMap((n) => this.#step(n, l)), true),
    ];
  }

  #carry(node: string, state: string): Place {
    const c = this.#context!;
    const stride = c.stride(node);
    return place(c.buffer(`${node}.adjoint.${state}`, c.type, c.options.samples * stride, "work"), 0, along("s", stride));
  }
  #clear(node: string, out: Place): Node {
    const c = this.#context!;
    return invoke({ kind: "zero", type: c.type }, { out }, { n: c.stride(node) });
  }

  #step(node: string, l: Lowered): Node[] {
    const r = this.#reverse.get(node)!;
    const args: Record<string, Place> = { ...r.shared };
    const before: Node[] = [];
    for (const port of r.ports) {
      const { place: at, nodes } = this.#portAdjoint(node, port, r, l);
      args[incoming(`out.${port}`)] = at;
      before.push(...nodes);
    }
    for (const state of r.carried) args[incoming(state)] = args[outgoing(state)] = this.#carry(node, state);
    for (const port of r.sums) args[outgoing(`in.${port}`)] = this.delta(node, port, 0);
    return [...before, elementCall(r.adjoint, args, l.context.size(node))];
  }

  /** What the loss and the populations downstream say of a port in this step. */
  #portAdjoint(node: string, port: string, r: Reverse, l: Lowered): { place: Place; nodes: Node[] } {
    const c = l.context;
    const loss = this.#lossRows.get(`${node}.${port}`);
    const listeners = l.net.connections.filter((x) => x.from.node === node && x.from.port === port);
    if (listeners.length === 0) return { place: loss!, nodes: [] };
    const out = place(c.buffer(`${node}.adjoint.out.${port}`, c.type, c.stride(node), "work"));
    const start = loss ? invoke({ kind: "perElement", step: copyStep(c.type) }, { x: loss, out }, { n: c.stride(node) }) : this.#clear(node, out);
    const support = port === "spike" && r.support ? this.#listSupport(node, r, r.support, l) : undefined;
    const accumulate = loss !== undefined;
    return {
      place: out,
      nodes: [start, ...(support?.nodes ?? []), ...listeners.map((x, k) => this.#through(x, out, accumulate || k > 0, support?.list, l))],
    };
  }

  #listSupport(node: string, r: Reverse, step: Step, l: Lowered): { nodes: Node[]; list: Place } {
    const c = l.context;
    const list = place(c.buffer(`${node}.support`, "u32", c.size(node) + 4, "work"));
    const count = place(c.buffer(`${node}.support.count`, "i32", 1, "work"));
    const args = { ...r.shared, support: list, "support.from": place("zero"), "support.to": count };
    return { nodes: [elementCall(step, args, c.size(node))], list };
  }

  /** `out[j] = (out[j]) + weights[j] · error of the target`, for the listed sources or all. */
  #through(x: Connection, out: Place, accumulate: boolean, list: Place | undefined, l: Lowered): Node {
    if (x.connectivity.kind !== "dense" || x.synapse) throw new ModelError("not-differentiable", `connection ${x.name}`, "only dense connections have an adjoint");
    const c = l.context;
    const width = c.stride(x.to.node);
    const kernel = { kind: "rowDots", type: c.type, width, stride: width, listed: list !== undefined, accumulate } as const;
    const args = { out, a: this.delta(x.to.node, x.to.port, c.delayOf(x)), weights: parameterPlace(l.parameters, `${x.name}.weight`) };
    return list
      ? invoke(kernel, { ...args, list }, { from: 0, to: place(`${x.from.node}.support.count`) })
      : invoke(kernel, args, { rows: c.size(x.from.node) });
  }
}
