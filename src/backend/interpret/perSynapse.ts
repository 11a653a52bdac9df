/** A body over sparse synapses, one after the other: each sees what the ones before it stored. */
import { LineStream } from "../../base/lineStream.ts";
import type { DrawnRows } from "../../ir/drawnRows.ts";
import type { KernelOf } from "../../ir/program.ts";
import type { Space, Step } from "../../ir/step.ts";
import { evaluateBody, type Leaf } from "./body.ts";
import type { Cursor, Frame } from "./run.ts";

/** The three numbers of one synapse. */
export interface Synapse {
  readonly synapse: number;
  readonly pre: number;
  readonly post: number;
}

export function perSynapse({ domain, step, parts = 1, full, drawn }: KernelOf<"perSynapse">, frame: Frame): void {
  const run = synapticBody(step, frame);
  if (drawn) return listed(frame, drawnRow(drawn, frame, run));
  if (domain === "columns") return listed(frame, full ? fullColumn(full, run) : columnOf(frame, run));
  const row = full ? fullRow(full, frame, run) : rowOf(frame, run, parts);
  if (domain === "rows") return listed(frame, row);
  for (let pre = 0; pre < frame.count("sources"); pre++) row(pre);
}

function listed(frame: Frame, visit: (k: number) => void): void {
  const list = frame.arg("list");
  for (let k = frame.count("from"); k < frame.count("to"); k++) visit(list.data[list.at + k]!);
}
function rowOf(frame: Frame, run: (s: Synapse) => void, parts: number): (pre: number) => void {
  const [start, target] = [frame.arg("rowStart"), frame.arg("target")];
  return (pre) => {
    const at = start.at + pre * parts;
    const end = start.data[at + 1]!;
    for (let k = start.data[at]!; k < end; k++) run({ synapse: k, pre, post: target.data[target.at + k]! });
  };
}
function columnOf(frame: Frame, run: (s: Synapse) => void): (post: number) => void {
  const [start, synapses, sources] = [frame.arg("columnStart"), frame.arg("columnSynapse"), frame.arg("columnSource")];
  return (post) => {
    const end = start.data[start.at + post + 1]!;
    for (let k = start.data[start.at + post]!; k < end; k++)
      run({ synapse: synapses.data[synapses.at + k]!, pre: sources.data[sources.at + k]!, post });
  };
}

function drawnRow(drawn: DrawnRows, frame: Frame, run: (s: Synapse) => void): (pre: number) => void {
  const { law, targets, notItself } = drawn;
  const draws = new LineStream(drawn.seed, drawn.stream);
  const [first, end] = [frame.count("first"), frame.count("n")];
  const visit = (pre: number, post: number): void => {
    if (post >= first && post < end) run({ synapse: Number.NaN, pre, post });
  };
  if (law.kind === "trials")
    return (pre) => {
      draws.begin(pre);
      for (let post = draws.failures(law.factor); post < targets; post += 1 + draws.failures(law.factor))
        if (!notItself || post !== pre) visit(pre, post);
    };
  const degree = frame.arg("degree");
  return (pre) => {
    draws.begin(pre);
    for (let n = degree.data[degree.at + pre]!; n > 0; n--) {
      const k = draws.below(targets - Number(notItself));
      visit(pre, notItself && k >= pre ? k + 1 : k);
    }
  };
}

type Full = NonNullable<KernelOf<"perSynapse">["full"]>;
function fullRow([, targets]: Full, frame: Frame, run: (s: Synapse) => void): (pre: number) => void {
  const [first, end] = [frame.count("first"), frame.count("n")];
  return (pre) => {
    for (let post = first; post < end; post++) run({ synapse: pre * targets + post, pre, post });
  };
}
const fullColumn =
  ([sources, targets]: Full, run: (s: Synapse) => void) =>
  (post: number): void => {
    for (let pre = 0; pre < sources; pre++) run({ synapse: pre * targets + post, pre, post });
  };

/** A slot's elements, and which of them belongs to a synapse. */
interface Access extends Cursor {
  readonly position: (s: Synapse) => number;
}

/** What happens at a synapse. */
export function synapticBody(step: Step, frame: Frame): (s: Synapse) => void {
  const slots = new Map(
    step.slots.map((s): [string, Access] => [s.name, { ...frame.arg(s.name), position: POSITION[s.space] }]),
  );
  const leaf =
    (s: Synapse): Leaf =>
    (e, ahead = 0) => {
      if (e.tag === "index") return s[e.of as keyof Synapse];
      const { data, at, position } = slots.get(e.slot)!;
      return data[at + position(s) + ahead]!;
    };
  return (s) => {
    const values = evaluateBody(step, leaf(s));
    step.stores.forEach((store, n) => {
      const { data, at, position } = slots.get(store.slot)!;
      const k = at + position(s);
      data[k] = store.mode === "add" ? data[k]! + values[n]! : values[n]!;
    });
  };
}

const POSITION: Readonly<Record<Space, (s: Synapse) => number>> = {
  uniform: () => 0,
  pre: (s) => s.pre,
  post: (s) => s.post,
  synapse: (s) => s.synapse,
  element: () => {
    throw new Error("perSynapse: a synaptic body has no 'element' slots");
  },
};
