/**
 * The backward pass of a lowered network: for each component, last first, the steps in reverse, and in each step the
 * populations in reverse. A population's adjoint is derived from its own step (`reverse.ts`); errors reach it from the
 * sums of the populations it feeds, through the rows of the weights.
 */
import { ModelError } from "../base/errors.ts";
import { incoming, outgoing } from "../ir/adjoint.ts";
import { along, invoke, loop, type Node, type Place, place } from "../ir/program.ts";
import { readsOf, type Step } from "../ir/step.ts";
import type { Surrogate } from "../ir/surrogate.ts";
import type { Type } from "../ir/types.ts";
import type { Connection } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import { initialName } from "../model/trainable.ts";
import { addStep, copyStep, elementCall } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSteps } from "../sim/lower/contributions.ts";
import { BEFORE } from "../sim/lower/initial.ts";
import type { Lowered } from "../sim/lower/lower.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import { type Reverse, reverseOf } from "./reverse.ts";
import { type Listed, type Route, through } from "./through.ts";

/** How a population runs backwards. */
interface Course extends Reverse {
  readonly ports: readonly string[];
  /** Args of the adjoint that the forward pass shares: tape, masks, constants. */
  readonly shared: Readonly<Record<string, Place>>;
}

/** The row of another loop than that over the steps. */
const inLoop = (row: Place, name: string): Place => ({
  ...row,
  terms: row.terms.map((t) => (t.loop === "t" ? { ...t, loop: name } : t)),
});

export class BackwardPass {
  readonly #surrogate: Surrogate;
  readonly #courses = new Map<string, Course>();
  /** By `node.port`: rows that are added to the port's adjoint in every step. */
  readonly #given = new Map<string, Place[]>();
  #context: Context | undefined;

  constructor(net: Network, surrogate: Surrogate) {
    if (net.schedule.groups.length > 1)
      throw new ModelError(
        "not-differentiable",
        `schedule ${net.schedule.name}`,
        "training needs a schedule with one group of phases: layered, nest or loihi",
      );
    this.#surrogate = surrogate;
  }

  /** The gradient of the loss with respect to a port, as far as no connection brings it. Before the population's `kernel`. */
  give(node: string, port: string, row: Place): void {
    const key = `${node}.${port}`;
    this.#given.set(key, [...(this.#given.get(key) ?? []), row]);
  }

  /** Hook for `lower`: derives a population's adjoint, and makes its forward kernel keep what that needs. */
  kernel(node: string, kernel: Kernel, c: Context): Kernel {
    const { step, args, trained } = kernel;
    this.#context = c;
    const ports = this.#portsOf(node).filter((p) => step.stores.some((s) => s.slot === `out.${p}`));
    const reverse = reverseOf(step, ports, this.#surrogate, trained.slots);
    const tapes = Object.fromEntries(reverse.tape.map((s) => [s.name, this.#tape(node, s.name, s.type)]));
    const shared = { ...args, ...tapes };
    this.#courses.set(node, { ...reverse, ports, shared });
    const stores = reverse.forward.stores.filter((s) => s.slot !== "out.spike" || args["out.spike"]);
    return { ...kernel, step: { ...reverse.forward, stores }, args: shared };
  }

  /** Those of the lowered network, each of which has one delay. */
  get #connections(): readonly Connection[] {
    return this.#context!.net.connections;
  }
  /** Outputs of a node that something differentiable listens to. */
  #portsOf(node: string): string[] {
    const heard = this.#connections.filter((c) => c.from.node === node).map((c) => c.from.port);
    const given = [...this.#given.keys()].filter((k) => k.startsWith(`${node}.`)).map((k) => k.slice(node.length + 1));
    return [...new Set([...heard, ...given])];
  }

  #tape(node: string, slot: string, type: Type): Place {
    const c = this.#context!;
    const stride = c.stride(node);
    const sample = c.stepsKept * stride;
    const buffer = c.buffer(`${node}.${slot}`, type, c.options.samples * sample, "tape");
    return place(buffer, 0, along("s", sample), along("t", stride));
  }

  /**
   * The error at a port: one row for each step, then as many as the longest delay of what arrives there. Those hold zeros, or
   * what the first steps of the next segment left.
   */
  delta(node: string, port: string, ahead: number): Place {
    const c = this.#context!;
    const rows = c.stepsKept + this.#longest(node, port);
    const stride = c.stride(node);
    const buffer = c.buffer(`${node}.delta.${port}`, c.type, c.options.samples * rows * stride, "work");
    return place(buffer, ahead * stride, along("s", rows * stride), along("t", stride));
  }

  /** The longest delay of what arrives at a port. */
  #longest(node: string, port: string): number {
    const arriving = this.#connections.filter((x) => x.to.node === node && x.to.port === port);
    return Math.max(0, ...arriving.map((x) => this.#context!.delayOf(x)));
  }
  #clearAll(node: string, port: string): Node[] {
    if (this.#longest(node, port) === 0) return [];
    const { terms, ...row } = this.delta(node, port, 0);
    const [sample] = terms;
    const out = { ...row, terms: [sample!] };
    return [invoke({ kind: "zero", type: this.#context!.type }, { out }, { n: sample!.stride })];
  }
  /** What left in the last steps of a segment arrives in the one after it, whose errors lie where its own will. */
  #bringAhead(node: string, port: string): Node[] {
    const c = this.#context!;
    const rows = this.#longest(node, port);
    if (rows === 0) return [];
    const at = (ahead: number): Place => inLoop(this.delta(node, port, ahead), "ahead");
    const copy = elementCall(copyStep(c.type), { x: at(0), out: at(c.stepsKept) }, c.stride(node));
    return [loop("ahead", rows, [copy], { reverse: true })]; // rows that are still to be moved may lie in the way
  }
  /** What would arrive after the end of the sample has no error. */
  #clearAhead(node: string, port: string): Node[] {
    const c = this.#context!;
    const rows = this.#longest(node, port);
    if (rows === 0) return [];
    const out = inLoop(this.delta(node, port, 0), "after");
    return [loop("after", rows, [this.#clear(node, out)], { from: c.stepCount })];
  }

  /** All components of a sample, last first. */
  nodes(l: Lowered): Node[] {
    return this.#components(l, (members) => [
      ...this.#begin(members),
      ...this.#steps(members, l),
      ...members.flatMap((n) => this.#starts(n, l)),
    ]);
  }
  /** With segments, of a sample before its last one: no error comes from behind its end. */
  begin(l: Lowered): Node[] {
    return this.#components(l, (members) => [
      ...this.#clearCarries(members),
      ...this.#ports(members).flatMap(([n, port]) => this.#clearAll(n, port)),
    ]);
  }
  /** All components in the segment at hand. Where errors are `cut`, none comes from the segment after it. */
  segment(l: Lowered, cut: boolean): Node[] {
    return this.#components(l, (members) => [
      ...(cut ? this.#begin(members) : this.#ports(members).flatMap(([n, port]) => this.#bringAhead(n, port))),
      ...this.#steps(members, l),
    ]);
  }
  /** Of a sample after its first segment, the last to run backwards. */
  end(l: Lowered): Node[] {
    return this.#components(l, (members) => members.flatMap((n) => this.#starts(n, l)));
  }

  #components(l: Lowered, each: (members: readonly string[]) => Node[]): Node[] {
    return [...l.components].reverse().flatMap((nodes) => {
      const members = [...nodes].reverse();
      const odd = members.find((n) => !(n in l.net.populations));
      if (odd)
        throw new ModelError(
          "not-differentiable",
          odd,
          `no adjoint is known for the transform '${l.net.transforms[odd]?.kind}'`,
        );
      return each(members);
    });
  }
  /** Populations and their ports at which something arrives. */
  #ports(members: readonly string[]): (readonly [node: string, port: string])[] {
    return members.flatMap((n) => this.#courses.get(n)!.sums.map((port) => [n, port] as const));
  }
  #clearCarries(members: readonly string[]): Node[] {
    return members.flatMap((n) => this.#courses.get(n)!.carried.map((state) => this.#clear(n, this.#carry(n, state))));
  }
  #begin(members: readonly string[]): Node[] {
    return [...this.#clearCarries(members), ...this.#ports(members).flatMap(([n, port]) => this.#clearAhead(n, port))];
  }
  #steps(members: readonly string[], l: Lowered): Node[] {
    return overSteps(
      l.context,
      members.flatMap((n) => this.#step(n, l)),
      true,
    );
  }

  /** Slots of a population whose gradients are summed over all steps and samples; of initial states their names. */
  gathered(node: string, l: Lowered): readonly string[] {
    const starts = l.populations.get(node)!.states.filter((s) => s.trained);
    return [...this.#courses.get(node)!.gathered, ...starts.map((s) => initialName(s.name))];
  }
  /** Where these sums lie: one number a neuron, in a copy for each shard. */
  gradientSum(node: string, slot: string): Place {
    const c = this.#context!;
    return place(c.buffer(`${node}.gradient.${slot}`, c.type, c.stride(node), "work"));
  }
  /** Starts the sums of a shard. */
  clearSums(l: Lowered): Node[] {
    return [...l.populations.keys()].flatMap((node) =>
      this.gathered(node, l).map((slot) => this.#clear(node, this.gradientSum(node, slot))),
    );
  }

  /** When a sample's steps are done, what is carried is the gradient of its initial states; so is the error of what left before. */
  #starts(node: string, l: Lowered): Node[] {
    const states = l.populations.get(node)!.states.filter((s) => s.trained);
    return states.flatMap(({ name }) => {
      const out = this.gradientSum(node, initialName(name));
      const carried = this.#courses.get(node)!.carried.includes(name);
      if (!carried && readsOf(this.#courses.get(node)!.forward).has(name))
        throw new ModelError("unsupported", `${node}.${name}`, "no step changes this state: train a parameter instead");
      const args = { x: this.#carry(node, name), out };
      return [
        ...(carried ? [elementCall(addStep(l.context.type), args, l.context.size(node))] : []),
        ...this.#before(node, name, out, l),
      ];
    });
  }
  /** What left by value before the first step, and arrived in a later one. */
  #before(node: string, state: string, out: Place, l: Lowered): Node[] {
    const late = l.net.connections.filter(
      (x) => x.from.node === node && x.from.port === state && l.context.delayOf(x) > 0,
    );
    return late.map((x) => {
      const error = inLoop(this.delta(x.to.node, x.to.port, 0), BEFORE);
      const reach = { accumulate: true, rows: l.context.size(node) };
      return loop(BEFORE, l.context.delayOf(x), through([{ connection: x, error }], out, reach, l));
    });
  }

  #carry(node: string, state: string): Place {
    const c = this.#context!;
    const stride = c.stride(node);
    return place(
      c.buffer(`${node}.adjoint.${state}`, c.type, c.options.samples * stride, "work"),
      0,
      along("s", stride),
    );
  }
  #clear(node: string, out: Place): Node {
    const c = this.#context!;
    return invoke({ kind: "zero", type: c.type }, { out }, { n: c.stride(node) });
  }

  #step(node: string, l: Lowered): Node[] {
    const course = this.#courses.get(node)!;
    const args: Record<string, Place> = { ...course.shared };
    const before: Node[] = [];
    for (const port of course.ports) {
      const { place: at, nodes } = this.#portAdjoint(node, port, course, l);
      args[incoming(`out.${port}`)] = at;
      before.push(...nodes);
    }
    for (const state of course.carried) args[incoming(state)] = args[outgoing(state)] = this.#carry(node, state);
    for (const port of course.sums) args[outgoing(`in.${port}`)] = this.delta(node, port, 0);
    for (const slot of course.gathered) args[outgoing(slot)] = this.gradientSum(node, slot);
    return [...before, elementCall(course.adjoint, args, l.context.size(node))];
  }

  /** What loss and regularisers, and the populations downstream, say of a port in this step. */
  #portAdjoint(node: string, port: string, course: Course, l: Lowered): { place: Place; nodes: Node[] } {
    const c = l.context;
    const given = this.#given.get(`${node}.${port}`) ?? [];
    const listeners = l.net.connections.filter((x) => x.from.node === node && x.from.port === port);
    if (listeners.length === 0 && given.length === 1) return { place: given[0]!, nodes: [] };
    const out = place(c.buffer(`${node}.adjoint.out.${port}`, c.type, c.stride(node), "work"));
    const [first, ...more] = given;
    const transfer = (step: Step, x: Place): Node =>
      invoke({ kind: "perElement", step }, { x, out }, { n: c.stride(node) });
    const support =
      port === "spike" && listeners.length > 0 && course.support
        ? this.#listSupport(node, course, course.support, l)
        : undefined;
    const nodes = [
      // What the first listener does not list, the adjoint takes as zero without a look (`support.ts`).
      ...(first ? [transfer(copyStep(c.type), first)] : listeners.length > 0 ? [] : [this.#clear(node, out)]),
      ...more.map((x) => transfer(addStep(c.type), x)),
      ...(support?.nodes ?? []),
      ...(listeners.length > 0
        ? through(
            listeners.map((connection) => this.#route(connection)),
            out,
            { accumulate: given.length > 0, rows: support ?? l.context.size(node) },
            l,
          )
        : []),
    ];
    return { place: out, nodes };
  }

  #listSupport(node: string, { shared }: Course, step: Step, l: Lowered): Listed & { nodes: Node[] } {
    const c = l.context;
    const list = place(c.buffer(`${node}.support`, "u32", c.size(node) + 4, "work"));
    const count = place(c.buffer(`${node}.support.count`, "i32", 1, "work"));
    const args = { ...shared, support: list, "support.from": place("zero"), "support.to": count };
    return { nodes: [elementCall(step, args, c.size(node))], list, count };
  }

  #route(connection: Connection): Route {
    const { to } = connection;
    return { connection, error: this.delta(to.node, to.port, this.#context!.delayOf(connection)) };
  }
}
