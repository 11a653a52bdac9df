/** A body over sparse synapses, one after the other: each sees what the ones before it stored. */
import type { KernelOf } from "../../ir/program.ts";
import type { Space, Step } from "../../ir/step.ts";
import { evaluateBody, type Leaf } from "./body.ts";
import { drawnRow, numbersOf, ringOf } from "./drawnRow.ts";
import type { Cursor, Frame } from "./run.ts";

/** The three numbers of one synapse, and how many steps one of a drawn row takes. */
export interface Synapse {
  readonly steps?: number;
  readonly synapse: number;
  readonly pre: number;
  readonly post: number;
}

export function perSynapse({ domain, step, parts = 1, full, drawn }: KernelOf<"perSynapse">, frame: Frame): void {
  if (drawn) {
    const body = synapticBody(step, frame, numbersOf(step, drawn), ringOf(drawn, frame));
    return listed(frame, drawnRow(drawn, frame, body));
  }
  const run = synapticBody(step, frame);
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

/**
 * What happens at a synapse.
 * @param numbers slots of which a synapse's number is made, not found
 * @param place where what belongs to a target lies, if not in order of the targets
 */
export function synapticBody(
  step: Step,
  frame: Frame,
  numbers: ReadonlyMap<string, (s: Synapse) => number> = new Map(),
  place?: (s: Synapse) => number,
): (s: Synapse) => void {
  const position = { ...POSITION, ...(place && { post: place }) };
  const slots = new Map(
    step.slots
      .filter((s) => !numbers.has(s.name))
      .map((s): [string, Access] => [s.name, { ...frame.arg(s.name), position: position[s.space] }]),
  );
  const leaf =
    (s: Synapse): Leaf =>
    (e, ahead = 0) => {
      if (e.tag === "index") return s[e.of as Exclude<keyof Synapse, "steps">];
      const made = numbers.get(e.slot);
      if (made) return made(s);
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
