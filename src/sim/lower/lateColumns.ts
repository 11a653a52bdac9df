/**
 * Pathways on spikes of targets that full connections put off until a row is asked for (kernel `lateColumns`). What a target's
 * spike does to its column touches a line of memory a source, and large matrices lie in no near cache; a row that is about
 * to be worked on takes in all that has happened since, while it is near. Where nothing asks, the end of a run's block does.
 *
 * This changes no bit: a synapse goes through the same statements in the same order, and what the synapses of a source share
 * moves on with them. So a pathway may be put off if it reads and changes nothing but these, and comes last in a step.
 */
import { add, i32, read } from "../../ir/expr.ts";
import { signatureOf } from "../../ir/kernelArguments.ts";
import {
  along,
  type Invoke,
  invoke,
  type KernelOf,
  LATE,
  type Node,
  type Place,
  place,
  type Term,
} from "../../ir/program.ts";
import type { Step } from "../../ir/step.ts";
import { nodes } from "../../ir/step.ts";
import { BYTES } from "../../ir/types.ts";
import type { Connection } from "../../model/connection.ts";
import { type Act, actsOf, eventPort, triggerOf } from "../../model/synapse.ts";
import { eventAge } from "../../model/timing.ts";
import { runNumber } from "./context.ts";
import { spikeEvents } from "./contributions.ts";
import type { Lowered } from "./lower.ts";
import { fromParts, onParts, PART } from "./parts.ts";
import { type Body, motionBody, pathwayBody } from "./pathwayBody.ts";
import type { Events } from "./signals.ts";

type Parts = Pick<Lowered, "context" | "sources" | "sums">;

/** Bytes of a variable of all synapses that a cache near the processor holds: there columns cost little. */
const NEAR = 2 ** 21;
/** Targets whose synapses of a source fill a line of memory: with fewer, columns waste none. */
const LINE = 16;

/** How a connection puts off what spikes of its targets do. */
export interface LateColumns {
  /** Brings rows up to date before they are worked on: those of the sources with an event. */
  before(events: Events): Node;
  /** The end of a step. */
  step(): Node;
  /** Brings all rows up to date, at the end of the steps. */
  end(): readonly Node[];
}

/** Nothing where the pathway must not wait, or would not gain by it. */
export function lateColumns(c: Connection, l: Parts): LateColumns | undefined {
  const late = c.synapse && latePathway(c, l);
  if (!late) return undefined;
  const body = pathwayBody(c, late, l);
  const motion = motionBody(c, "pre", "step", l);
  return mayWait(body, motion, c, l) ? new Late(c, late, body, motion, l) : undefined;
}

/** The one pathway that comes last in a step. */
function latePathway(c: Connection, { context, sources }: Parts): Extract<Act, { kind: "pathway" }> | undefined {
  const { full, shared, own } = sources.synapses.get(c.name)!;
  if (context.options.mode !== "stream" || context.options.samples > 1 || !full) return undefined;
  const [count, targets] = full;
  const large = own.some((name) => typeBytes(c, name, context.buffers) * count * targets > NEAR);
  if (!large || targets < LINE || !shared.moving.has("pre")) return undefined;
  const acts = actsOf(c.synapse!);
  const last = acts.at(-1);
  const onlyOne = acts.every((a) => triggerOf(a) === (a === last ? "post" : "pre"));
  return onlyOne && last?.kind === "pathway" && eventAge(context.net, c, last) === 0 ? last : undefined;
}
const typeBytes = (c: Connection, name: string, buffers: Parts["context"]["buffers"]): number => {
  const found = buffers.get(`${c.name}.${name}`);
  return found ? BYTES[found.type] : 0;
};

/** Whether bodies look at nothing, and change nothing, but what is the synapse's or its source's. */
function mayWait(body: Body, motion: Body, c: Connection, { sources }: Parts): boolean {
  const { shared } = sources.synapses.get(c.name)!;
  const fits = (s: Step["slots"][number]): boolean =>
    s.space === "synapse" || (s.space === "pre" && shared.of.get(s.name) === "pre");
  const stored = new Set(body.step.stores.map((s) => s.slot));
  return (
    body.step.stores.length > 0 &&
    body.step.slots.every((s) => fits(s) && (s.space === "synapse" || !stored.has(s.name))) &&
    motion.step.slots.every((s) => s.space === "element" || s.space === "pre") &&
    [body, motion].every(({ step }) => nodes(step).every((e) => e.tag !== "index"))
  );
}

class Late implements LateColumns {
  readonly #c: Connection;
  readonly #events: Events;
  readonly #bodies: { readonly step: Step; readonly motion: Step };
  readonly #places: Readonly<Record<string, Place>>;
  readonly #l: Parts;
  readonly #full: readonly [number, number];

  constructor(c: Connection, act: Extract<Act, { kind: "pathway" }>, body: Body, motion: Body, l: Parts) {
    this.#c = c;
    this.#l = l;
    this.#bodies = { step: body.step, motion: motion.step };
    this.#places = { ...body.places, ...motion.places };
    this.#full = l.sources.synapses.get(c.name)!.full!;
    this.#events = spikeEvents(c.to.node, 0, l.sources, PART, eventPort(act.pathway));
  }

  before({ list, from, to }: Events): Node {
    const call = this.#call("rows", { list }, { from, to });
    const { context } = this.#l;
    return context.parts === 1 ? call : onParts(fromParts([call], this.#c.from.node, context), context);
  }
  step(): Node {
    return this.#onParts([invoke({ kind: "perElement", step: NEXT }, { clock: this.#clock }, { n: 1 })]);
  }
  end(): readonly Node[] {
    const { context } = this.#l;
    const stop = invoke({ kind: "zero", type: "i32" }, { out: this.#clock }, { n: 1 });
    const calls = [this.#call("all"), stop];
    return [context.parts === 1 ? calls : [onParts(calls, context)]].flat();
  }

  #onParts(body: readonly Node[]): Node {
    const { context } = this.#l;
    return context.parts === 1 ? body[0]! : onParts(body, context);
  }
  #call(domain: "all" | "rows", more: Readonly<Record<string, Place>> = {}, counts: Invoke["counts"] = {}): Invoke {
    const [list, ends] = [ofStep(this.#events.list), ofStep(this.#events.to)];
    const kernel: KernelOf<"lateColumns"> = {
      ...{ kind: "lateColumns", domain, ...this.#bodies, full: this.#full },
      ...{ steps: list.term.modulo!, listStride: list.term.stride, endStride: ends.term.stride },
    };
    const places: Readonly<Record<string, Place>> = {
      ...this.#places,
      ...{ since: this.#since, events: list.place, ends: ends.place, ...more },
    };
    const args = Object.fromEntries(signatureOf(kernel).args.map((name) => [name, places[name]!]));
    const { from: first } = this.#events;
    return invoke(kernel, args, { ...counts, first, start: runNumber("start"), now: this.#clock });
  }
  /** Steps of the block that are done; each part counts for itself. */
  get #clock(): Place {
    return this.#ofPart("late.now", 1);
  }
  /** Of each group of rows the step up to which it is. */
  get #since(): Place {
    return this.#ofPart("late.since", Math.ceil(this.#full[0] / LATE));
  }
  #ofPart(name: string, length: number): Place {
    const { context } = this.#l;
    const stride = Math.ceil(length / LINE) * LINE;
    const buffer = context.buffer(`${this.#c.name}.${name}`, "i32", stride * context.parts, "work");
    return place(buffer, 0, ...(context.parts === 1 ? [] : [along(PART, stride)]));
  }
}

/** `clock += 1` */
const NEXT: Step = {
  name: "next",
  slots: [{ name: "clock", type: "i32", space: "element" }],
  stores: [{ slot: "clock", mode: "set", value: add(read("i32", "clock"), i32(1)) }],
};

/** A place in a ring, and by how much it moves from step to step. */
function ofStep(p: Place): { place: Place; term: Term } {
  const term = p.terms.find((t) => t.loop === "t")!;
  return { place: { ...p, terms: p.terms.filter((t) => t !== term) }, term };
}
