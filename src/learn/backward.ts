/**
 * The backward pass of a lowered network: for each component, last first, the steps in reverse, and in each step the
 * populations in reverse. A population's adjoint is derived from its own step (`reverse.ts`); errors reach it from the
 * sums of the populations it feeds, through the rows of the weights.
 */
import { ModelError } from "../base/errors.ts";
import { incoming, outgoing } from "../ir/adjoint.ts";
import { along, type Buffer, invoke, loop, type Node, type Place, place } from "../ir/program.ts";
import { readsOf, type Step } from "../ir/step.ts";
import type { Surrogate } from "../ir/surrogate.ts";
import type { Type } from "../ir/types.ts";
import { addsValues, type Connection, type Endpoint } from "../model/connection.ts";
import type { Network } from "../model/network.ts";
import { initialName } from "../model/trainable.ts";
import { isNorm, type Transform, windowsOfPool } from "../model/transform.ts";
import { addStep, copyStep, elementCall } from "../sim/lower/bodies.ts";
import type { Context } from "../sim/lower/context.ts";
import { overSteps } from "../sim/lower/contributions.ts";
import { flushErrors } from "../sim/lower/flush.ts";
import { BEFORE } from "../sim/lower/initial.ts";
import { type Lowered, needsStages } from "../sim/lower/lower.ts";
import type { Kernel } from "../sim/lower/populations.ts";
import { maximaPlace } from "../sim/lower/windows.ts";
import { type Reverse, reverseOf } from "./reverse.ts";
import { listStep, maskStep } from "./support.ts";
import { type Listed, type Route, through } from "./through.ts";
import { type TransformErrors, transformErrors } from "./transformAdjoints.ts";
import { watchSupport } from "./watch.ts";
import { GRADIENTS } from "./windowGradients.ts";

/** How a population runs backwards. */
interface Course extends Reverse {
  readonly ports: readonly string[];
  /** Args of the adjoint that the forward pass shares: tape, masks, constants. */
  readonly shared: Readonly<Record<string, Place>>;
}

/** What the samples of a batch do before they wait for each other. */
export interface BackwardStage {
  /** Nodes whose errors are there afterwards. */
  readonly members: readonly string[];
  /** For each sample. */
  readonly sample: readonly Node[];
  /** When all samples are done. */
  readonly meet: readonly Node[];
}

/** The row of another loop than that over the steps. */
const inLoop = (row: Place, name: string): Place => ({
  ...row,
  terms: row.terms.map((t) => (t.loop === "t" ? { ...t, loop: name } : t)),
});

export class BackwardPass {
  readonly #net: Network;
  readonly #surrogate: Surrogate;
  readonly #watch: boolean;
  readonly #courses = new Map<string, Course>();
  /** By `node.port`: rows that are added to the port's adjoint in every step. */
  readonly #given = new Map<string, Place[]>();
  /** By transform: what comes back through it. */
  readonly #transforms = new Map<string, TransformErrors>();
  #context: Context | undefined;
  /** Whether errors end where a segment of time begins. */
  #cut = false;

  /** @param watch whether the neurons within the surrogate's support are counted (`watch.ts`) */
  constructor(net: Network, surrogate: Surrogate, watch = false) {
    if (net.schedule.groups.length > 1)
      throw new ModelError(
        "not-differentiable",
        `schedule ${net.schedule.name}`,
        "training needs a schedule with one group of phases: layered, nest or loihi",
      );
    this.#net = net;
    this.#surrogate = surrogate;
    this.#watch = watch;
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
    const spent = this.#spentSums(node, step, c);
    const tapes = Object.fromEntries(reverse.tape.map((s) => [s.name, this.#tape(node, s.name, s.type, spent)]));
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
    const heard = [
      ...this.#connections.map((c) => c.from),
      ...Object.values(this.#net.transforms).flatMap((t) => t.of),
    ].flatMap((e) => (e.node === node ? [e.port] : []));
    const given = [...this.#given.keys()].filter((k) => k.startsWith(`${node}.`)).map((k) => k.slice(node.length + 1));
    return [...new Set([...heard, ...given])];
  }

  /**
   * Buffers with a row for each step of what arrives at a population: once its step has read a row, that has room for what
   * the step keeps, and the chunk passes through the caches with one array less. Not where stages reach it one by one.
   */
  #spentSums(node: string, { slots }: Step, c: Context): Buffer[] {
    if (needsStages(this.#net)) return [];
    const rows = c.options.samples * c.stepsKept * c.stride(node);
    return slots.flatMap(({ name }) => {
      const sums = name.startsWith("in.") ? c.buffers.get(`${node}.${name}`) : undefined;
      return sums?.role === "work" && sums.length === rows ? [sums] : [];
    });
  }
  /** @param spent what may be written over; loses what is */
  #tape(node: string, slot: string, type: Type, spent: Buffer[]): Place {
    const c = this.#context!;
    const stride = c.stride(node);
    const sample = c.stepsKept * stride;
    const rows = (buffer: string): Place => place(buffer, 0, along("s", sample), along("t", stride));
    if (spent[0]?.type === type) {
      const over: Buffer = { ...spent.shift()!, role: "tape" };
      c.buffers.set(over.name, over);
      return rows(over.name);
    }
    return rows(c.buffer(`${node}.${slot}`, type, c.options.samples * sample, "tape"));
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
    if (rows === 0) return this.#clearEnded(node, port);
    const at = (ahead: number): Place => inLoop(this.delta(node, port, ahead), "ahead");
    const copy = elementCall(copyStep(c.type), { x: at(0), out: at(c.stepsKept) }, c.stride(node));
    return [loop("ahead", rows, [copy], { reverse: true })]; // rows that are still to be moved may lie in the way
  }
  /** Where one step is kept, a sample that has ended has no error, though it takes part in sums over all samples. */
  #clearEnded(node: string, port: string): Node[] {
    const c = this.#context!;
    if (!c.hasSegments || c.stepsKept > 1) return [];
    const out = inLoop(this.delta(node, port, 0), "ended");
    return [loop("ended", c.restCount, [this.#clear(node, out)])];
  }
  /** What would arrive after the end of the sample has no error. */
  #clearAhead(node: string, port: string): Node[] {
    const c = this.#context!;
    const rows = this.#longest(node, port);
    if (rows === 0) return this.#clearEnded(node, port);
    const out = inLoop(this.delta(node, port, 0), "after");
    return [loop("after", rows, [this.#clear(node, out)], { from: c.stepCount })];
  }

  /** All components of a sample, last first. */
  nodes(l: Lowered): Node[] {
    return this.#components(l, (members) => [
      ...this.#begin(members),
      ...this.#steps(members, l),
      ...this.#populations(members).flatMap((n) => this.#starts(n, l)),
    ]);
  }
  /**
   * The same where some components need the whole batch: in stages, in each of which a sample does its nodes. What follows a
   * stage waits for all samples.
   */
  stages(l: Lowered): BackwardStage[] {
    const done: BackwardStage[] = [];
    let [members, sample] = [[] as string[], [] as Node[]];
    for (const nodes of [...l.components].reverse()) {
      const own = [...nodes].reverse();
      sample.push(...this.#begin(own));
      const steps = this.#steps(own, l);
      const wide = own.map((n) => this.#transforms.get(n)?.wide).find((w) => w);
      if (wide) {
        done.push({ members, sample: [...sample, ...wide.start, ...steps], meet: wide.meet });
        [members, sample] = [[], overSteps(l.context, wide.nodes, true)];
      } else sample.push(...steps);
      sample.push(...this.#populations(own).flatMap((n) => this.#starts(n, l)));
      members.push(...own);
    }
    return [...done, { members, sample, meet: [] }];
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
    this.#cut = cut;
    return this.#components(l, (members) => [
      ...(cut ? this.#begin(members) : this.#ports(members).flatMap(([n, port]) => this.#bringAhead(n, port))),
      ...this.#steps(members, l),
    ]);
  }
  /** Of a sample after its first segment, the last to run backwards. */
  end(l: Lowered): Node[] {
    return this.#components(l, (members) => this.#populations(members).flatMap((n) => this.#starts(n, l)));
  }

  #components(l: Lowered, each: (members: readonly string[]) => Node[]): Node[] {
    return [...l.components].reverse().flatMap((nodes) => each([...nodes].reverse()));
  }
  #populations(members: readonly string[]): string[] {
    return members.filter((n) => this.#courses.has(n));
  }
  /** Nodes and their ports at which something arrives. */
  #ports(members: readonly string[]): (readonly [node: string, port: string])[] {
    return members.flatMap((n) => this.#sums(n).map((port) => [n, port] as const));
  }
  #sums(node: string): readonly string[] {
    const brought = this.#connections.some((c) => c.to.node === node) ? ["value"] : [];
    return this.#courses.get(node)?.sums ?? brought;
  }
  #clearCarries(members: readonly string[]): Node[] {
    return this.#populations(members).flatMap((n) =>
      this.#courses.get(n)!.carried.map((state) => this.#clear(n, this.#carry(n, state))),
    );
  }
  #begin(members: readonly string[]): Node[] {
    return [...this.#clearCarries(members), ...this.#ports(members).flatMap(([n, port]) => this.#clearAhead(n, port))];
  }
  #steps(members: readonly string[], l: Lowered): Node[] {
    const body = members.flatMap((n) => (this.#courses.has(n) ? this.#step(n, l) : this.#transform(n, l)));
    return overSteps(l.context, [...body, ...this.#flush(members)], true);
  }
  /** What errors consist of where a step hands them to the one before it. */
  #flush(members: readonly string[]): Node[] {
    const rows = this.#populations(members).flatMap((node) => {
      const { carried, sums } = this.#courses.get(node)!;
      const places = [
        ...carried.map((state) => this.#carry(node, state)),
        ...sums.map((port) => this.delta(node, port, 0)),
      ];
      return places.map((x) => ({ node, x }));
    });
    return flushErrors(rows, this.#context!);
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
      if (addsValues(x))
        return loop(BEFORE, l.context.delayOf(x), [
          elementCall(addStep(l.context.type), { x: error, out }, l.context.size(node)),
        ]);
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

  /** A transform forms the errors at what it takes; nobody asks for those at inputs. */
  #transform(node: string, l: Lowered): Node[] {
    const c = l.context;
    const t = l.net.transforms[node]!;
    const brought = this.#sums(node).length > 0;
    if (!brought && !isNorm(t) && t.of.every((e) => e.node in l.net.inputs)) return [];
    const own = (): Place =>
      brought ? this.delta(node, "value", 0) : this.#rows(`${node}.adjoint.out.value`, c.stride(node));
    const { place: found, nodes } = this.#portAdjoint(node, "value", own, l);
    // Weights are told by the rows of the port.
    const moved = brought && found.buffer !== own().buffer;
    const copy = moved ? [elementCall(copyStep(c.type), { x: found, out: own() }, t.size)] : [];
    const made = transformErrors(t, {
      ...{ name: node, l, error: moved ? own() : found },
      row: (k) => this.#errorRow(node, t, k),
      gradient: ({ offset }) => place(GRADIENTS, offset),
    });
    this.#transforms.set(node, made);
    return [...nodes, ...copy, ...made.nodes];
  }
  /** Where a transform writes the error at a source: where the source wants it, if nobody else has a say in that. */
  #errorRow(node: string, t: Transform, k: number): Place {
    const { node: source, port } = t.of[k]!;
    const { transforms } = this.#net;
    const connections = this.#connections;
    const listeners = [...connections.map((x) => x.from), ...Object.values(transforms).flatMap((x) => x.of)];
    const alone = listeners.filter((e) => e.node === source && e.port === port).length === 1;
    if (alone && source in transforms && this.#sums(source).length > 0) return this.delta(source, port, 0);
    return this.#rows(`${node}.adjoint.of.${k}`, this.#context!.stride(source));
  }
  /** A row for each step of a sample, of the buffer that is called so. */
  #rows(name: string, stride: number): Place {
    const c = this.#context!;
    const sample = c.stepsKept * stride;
    const buffer = c.buffer(name, c.type, c.options.samples * sample, "work");
    return place(buffer, 0, along("s", sample), along("t", stride));
  }

  #step(node: string, l: Lowered): Node[] {
    const c = l.context;
    const course = this.#courses.get(node)!;
    const args: Record<string, Place> = { ...course.shared };
    const before: Node[] = [];
    for (const port of course.ports) {
      const out = (): Place => place(c.buffer(`${node}.adjoint.out.${port}`, c.type, c.stride(node), "work"));
      const { place: at, nodes } = this.#portAdjoint(node, port, out, l);
      args[incoming(`out.${port}`)] = at;
      before.push(...nodes);
    }
    for (const state of course.carried) args[incoming(state)] = args[outgoing(state)] = this.#carry(node, state);
    for (const port of course.sums) args[outgoing(`in.${port}`)] = this.delta(node, port, 0);
    for (const slot of course.gathered) args[outgoing(slot)] = this.gradientSum(node, slot);
    return [...before, elementCall(course.adjoint, args, l.context.size(node))];
  }

  /**
   * What loss and regularisers, and the nodes downstream, say of a port in this step: the only row that there is, or what
   * is summed in a `room` of its own.
   */
  #portAdjoint(node: string, port: string, room: () => Place, l: Lowered): { place: Place; nodes: Node[] } {
    const c = l.context;
    const heard = l.net.connections.filter((x) => x.from.node === node && x.from.port === port && this.#isReached(x));
    const given = this.#given.get(`${node}.${port}`) ?? [];
    const rows = [
      ...given,
      ...heard.filter(addsValues).map((x) => this.#route(x).error),
      ...this.#throughTransforms(node, port),
    ];
    const weighted = heard.filter((x) => !addsValues(x));
    const counted = weighted.length === 0 ? this.#counted(node, port, l) : [];
    if (weighted.length === 0 && rows.length === 1) return { place: rows[0]!, nodes: counted };
    const out = room();
    const [first, ...more] = rows;
    const transfer = (step: Step, x: Place): Node =>
      invoke(
        { kind: "perElement", step },
        { x, out },
        { n: rows.length > given.length ? c.size(node) : c.stride(node) },
      );
    const support = weighted.length > 0 ? this.#support(node, port, l) : undefined;
    const nodes = [
      ...counted,
      // What the first listener does not list, the adjoint takes as zero without a look (`support.ts`).
      ...(first ? [transfer(copyStep(c.type), first)] : weighted.length > 0 ? [] : [this.#clear(node, out)]),
      ...more.map((x) => transfer(addStep(c.type), x)),
      ...(support?.nodes ?? []),
      ...(weighted.length > 0
        ? through(
            weighted.map((connection) => this.#route(connection)),
            out,
            { accumulate: rows.length > 0, rows: support ?? l.context.size(node) },
            l,
          )
        : []),
    ];
    return { place: out, nodes };
  }
  /** Whether an error may come back: not where all that arrives does so behind the segment, and errors end there. */
  #isReached(x: Connection): boolean {
    return !this.#cut || this.#context!.delayOf(x) < this.#context!.stepsKept;
  }
  /** Errors that transforms bring back to a port. */
  #throughTransforms(node: string, port: string): Place[] {
    return Object.entries(this.#net.transforms).flatMap(([name, t]) =>
      t.of.flatMap((e, k) => (e.node === node && e.port === port ? [this.#transforms.get(name)!.errors[k]!] : [])),
    );
  }

  /** Which elements of a port want their error at all, where that is known. */
  #support(node: string, port: string, l: Lowered): (Listed & { nodes: Node[] }) | undefined {
    const course = this.#courses.get(node);
    if (course)
      return port === "spike" && course.support ? this.#listSupport(node, course, course.support, l) : undefined;
    const t = l.net.transforms[node];
    return t?.kind === "maxPool" ? this.#pooledSupport(node, t, l) : undefined;
  }
  /** Rows of errors ask for no list; whoever watches wants to know how long it would be. */
  #counted(node: string, port: string, l: Lowered): Node[] {
    return this.#watch && this.#courses.has(node) ? (this.#support(node, port, l)?.nodes ?? []) : [];
  }
  /** The error of a maximum goes to one spike: it is wanted where that of the spike is. */
  #pooledSupport(node: string, t: Extract<Transform, { kind: "maxPool" }>, l: Lowered) {
    const c = l.context;
    const [{ node: source, port }] = t.of as [Endpoint];
    const course = this.#courses.get(source);
    if (port !== "spike" || !course?.support) return undefined;
    const row = (name: string, n: number): Place => place(c.buffer(name, c.type, n, "work"));
    const [mask, picked] = [
      row(`${source}.support.mask`, c.stride(source)),
      row(`${node}.support.mask`, c.stride(node)),
    ];
    const index = maximaPlace({ name: node, windows: windowsOfPool(node, t, l.net), constant: false }, c)!;
    const listed = this.#list(node, listStep(c.type), { x: picked }, c);
    return {
      ...listed,
      nodes: [
        elementCall(maskStep(course.support, c.type), { ...course.shared, mask }, c.size(source)),
        invoke({ kind: "pick", type: c.type }, { out: picked, index, a: mask }, { n: t.size }),
        ...listed.nodes,
      ],
    };
  }
  #listSupport(node: string, { shared }: Course, step: Step, l: Lowered): Listed & { nodes: Node[] } {
    return this.#list(node, step, shared, l.context);
  }
  #list(node: string, step: Step, args: Readonly<Record<string, Place>>, c: Context): Listed & { nodes: Node[] } {
    const list = place(c.buffer(`${node}.support`, "u32", c.size(node) + 4, "work"));
    const count = place(c.buffer(`${node}.support.count`, "i32", 1, "work"));
    const places = { ...args, support: list, "support.from": place("zero"), "support.to": count };
    const counted = this.#watch && node in this.#net.populations ? [watchSupport(node, count, c)] : [];
    return { nodes: [elementCall(step, places, c.size(node)), ...counted], list, count };
  }

  #route(connection: Connection): Route {
    const { to } = connection;
    return { connection, error: this.delta(to.node, to.port, this.#context!.delayOf(connection)) };
  }
}
