/** The loops of one component: what happens once a chunk, once a sample, and in each step. */
import { ModelError } from "../../base/errors.ts";
import { LISTED } from "../../ir/kernelArguments.ts";
import { invoke, type Node } from "../../ir/program.ts";
import type { Connection } from "../../model/connection.ts";
import { type Act, actsOf, triggerOf } from "../../model/synapse.ts";
import { actsBeforeUpdate, drivesUpdate, hasTwoGroups } from "../../model/timing.ts";
import { type BatchNorm, isNorm } from "../../model/transform.ts";
import { elementCall } from "./bodies.ts";
import { overSteps, type PortSum, spikeEvents } from "./contributions.ts";
import type { Moment } from "./delivery.ts";
import { deliverNodes } from "./deliveryNodes.ts";
import { flushStates } from "./flush.ts";
import { initialiseSample } from "./initial.ts";
import { type LateColumns, lateColumns } from "./lateColumns.ts";
import type { Lowered, LowerHooks } from "./lower.ts";
import { NormKernels } from "./norms.ts";
import { byPart, onParts, PART } from "./parts.ts";
import { actNode, motionNodes } from "./pathways.ts";
import { tellNode, transformNodes } from "./transforms.ts";
import { winnersNodes } from "./winners.ts";

export interface Component {
  readonly nodes: readonly string[];
  /** Once a chunk, before the samples. */
  readonly chunk: readonly Node[];
  /** For each sample, what needs the host's inputs alone: done for all samples first, while the weights are in the cache. */
  readonly given: Parted;
  /** Once a sample: states are set to where it starts. */
  readonly start: readonly Node[];
  /** For each sample. */
  readonly sample: Parted;
  /** What must be known of all samples of the batch before it can begin (`statistics: "batch"`). */
  readonly wide?: BatchWide;
}
/** What a component needs of the whole batch. */
export interface BatchWide {
  /** For each sample, when the components before are done. */
  readonly notes: readonly Node[];
  /** When all samples are. */
  readonly meet: readonly Node[];
}
/** What happens once a sample, and what in its steps; with segments of time in those of the segment at hand. */
export interface Parted {
  readonly once: readonly Node[];
  readonly steps: readonly Node[];
}
type Parts = Omit<Lowered, "forward" | "delayGroups" | "learned" | "described">;

export function componentOf(nodes: readonly string[], l: Parts, hooks: LowerHooks): Component {
  const { context, net, populations } = l;
  const members = nodes.filter((n) => n in net.populations);
  const sums = nodes.flatMap((n) => sumsOf(n, l));
  const wide = batchWide(nodes, l);
  const starts = context.options.mode === "samples" ? members : [];
  const before = (given: boolean): Parted => {
    const own = sums.filter((s) => s.given === given);
    const step = own.flatMap((s) => s.step);
    return { once: own.flatMap((s) => s.sample), steps: [...own.flatMap((s) => s.steps), ...overSteps(context, step)] };
  };
  const formed = before(false);
  const time = new TimeStep(l, nodes);
  return {
    nodes,
    chunk: sums.flatMap((s) => s.chunk),
    given: before(true),
    start: [
      ...starts.flatMap((n) => initialiseSample(populations.get(n)!, l.sources, context)),
      ...members.flatMap((n) => hooks.beforeSample?.(n, context) ?? []),
    ],
    sample: {
      once: formed.once,
      steps: [
        ...formed.steps,
        ...overSteps(context, [...time.nodes(nodes), ...flushStates(members, l)]),
        ...time.end(),
      ],
    },
    ...(wide && { wide }),
  };
}

const sumsOf = (node: string, l: Parts): PortSum[] =>
  [...l.sums].filter(([key]) => key.startsWith(`${node}.`)).map(([, sum]) => sum);

/** What batch normalisation needs of the whole batch: where statistics are those of the batch. */
function batchWide(nodes: readonly string[], l: Parts): BatchWide | undefined {
  const { context, net } = l;
  const norm = nodes.find((n) => isNorm(net.transforms[n]));
  if (norm === undefined) return undefined;
  const t = net.transforms[norm] as BatchNorm;
  const { mode, statistics } = context.options;
  const path = `transform ${norm}`;
  if (mode === "stream" && t.over === "batch")
    throw new ModelError(
      "unsupported",
      path,
      "each step of a sample has statistics of its own, and an engine has no samples",
    );
  if (statistics !== "batch" || context.meetsInStep(norm)) return undefined;
  if (nodes.length > 1)
    throw new ModelError(
      "unsupported",
      path,
      `its statistics need all samples first, and it stands in a cycle (${nodes.join(", ")}): train with fptt(), an update after every step, and give it statistics of each step (over: "batch")`,
    );
  const kernels = new NormKernels(norm, t, l);
  return { notes: kernels.notes(), meet: kernels.meet() };
}

/** One step of a component. */
class TimeStep {
  readonly #l: Parts;
  /** By connection. */
  readonly #late = new Map<string, LateColumns>();

  constructor(l: Parts, nodes: readonly string[]) {
    this.#l = l;
    for (const c of l.net.connections.filter((x) => nodes.includes(x.to.node))) {
      const late = lateColumns(c, l);
      if (late) this.#late.set(c.name, late);
    }
  }

  /** After the last step. */
  end(): Node[] {
    return [...this.#late.values()].flatMap((late) => late.end());
  }

  /** Populations in turn with all their phases, or phase group by phase group (`model/timing.ts`). */
  nodes(nodes: readonly string[]): Node[] {
    const each = (f: (node: string) => Node[]): Node[] => nodes.flatMap(f);
    const moving = each((n) => this.#moving(n));
    const delivered = (moment: Moment): Node[] => deliverNodes(nodes, moment, this.#l);
    if (!hasTwoGroups(this.#l.net))
      return [...delivered("first"), ...each((n) => [...delivered(`before ${n}`), ...this.#whole(n)]), ...moving];
    return [
      ...delivered("first"),
      // A sum begins before any synapse adds to it, of whichever end.
      ...each((n) => this.#sums(n, true)),
      ...each((n) => this.#arriving(n, true)),
      ...each((n) => [...this.#phases(n, 0), ...winnersNodes(n, this.#l)]),
      ...delivered("between"),
      ...each((n) => [...this.#sums(n, false), ...this.#arriving(n, false)]),
      ...each((n) => this.#phases(n, 1)),
      ...each((n) => this.#transform(n)),
      ...moving,
    ];
  }
  /** What synapses share moves on when all of the step's events have seen it. */
  #moving(node: string): Node[] {
    return this.#l.net.connections
      .filter((c) => c.to.node === node)
      .flatMap((c) => motionNodes(c, this.#l, this.#late.get(c.name)));
  }

  #whole(node: string): Node[] {
    const pathways = (post: boolean): Node[] => this.#acts(node, (_c, a) => (triggerOf(a) === "post") === post);
    const sums = sumsOf(node, this.#l).flatMap((s) => s.loop);
    return [
      ...sums,
      ...this.#transform(node),
      ...pathways(false),
      ...this.#phases(node, 0),
      ...this.#decided(node),
      ...pathways(true),
    ];
  }
  /** Under schedules of one group of phases: who of those above threshold fires, and what that does to it. */
  #decided(node: string): Node[] {
    const contest = winnersNodes(node, this.#l);
    return contest.length > 0 ? [...contest, ...this.#phases(node, 1)] : [];
  }

  /** What arrives at the ports that the update reads (`driving`), or at states. */
  #sums(node: string, driving: boolean): Node[] {
    const { net } = this.#l;
    const sums = sumsOf(node, this.#l).filter((s) => drivesUpdate(net, { to: { node, port: s.port } }) === driving);
    return sums.flatMap((s) => s.loop);
  }
  /** What synapses with pathways and equations bring then. */
  #arriving(node: string, driving: boolean): Node[] {
    return this.#acts(node, (c, a) => actsBeforeUpdate(this.#l.net, c, a) === driving);
  }

  /**
   * What synapses that end at a node do beyond adding a weight: connection by connection, act by act. All synapses of a
   * connection that was taken apart (`delays.ts`) do the one before any does the next.
   */
  #acts(node: string, which: (c: Connection, a: Act) => boolean): Node[] {
    const { net, sources } = this.#l;
    const whole = (c: Connection): string => sources.synapses.get(c.name)!.of;
    const into = net.connections.filter((c) => c.to.node === node && c.synapse);
    return [...new Set(into.map(whole))].flatMap((name) => {
      const parts = into.filter((c) => whole(c) === name);
      return actsOf(parts[0]!.synapse!).flatMap((a) =>
        parts.filter((c) => which(c, a)).flatMap((c) => actNode(c, a, this.#l, this.#late.get(c.name))),
      );
    });
  }
  #phases(node: string, group: number): Node[] {
    const kernel = this.#l.populations.get(node)?.kernels[group];
    if (!kernel || kernel.step.stores.length === 0) return [];
    const { context, sources } = this.#l;
    const call = elementCall(kernel.step, kernel.args, context.size(node));
    if (!kernel.onSpike) return [...(kernel.draws ?? []), call].map((x) => byPart(x, node, context));
    const { list, from, to } = spikeEvents(node, 0, sources, PART);
    const fired = invoke(
      { kind: "perElement", step: kernel.step, domain: "list" },
      { ...call.args, [LISTED]: list },
      { from, to },
    );
    return [context.parts > 1 ? onParts([fired], context) : fired];
  }
  #transform(node: string): Node[] {
    const { context, net, sources } = this.#l;
    const t = net.transforms[node];
    if (!t) return [];
    const nodes = transformNodes(node, t, this.#l);
    return sources.spikes.has(node) ? [...nodes, byPart(tellNode(node, this.#l), node, context)] : nodes;
  }
}
