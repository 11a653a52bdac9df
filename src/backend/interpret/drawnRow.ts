/** Synapses of a row that is drawn anew (`ir/drawnRows.ts`), with their numbers. */
import { LineStream } from "../../base/lineStream.ts";
import { numberedWords } from "../../base/random.ts";
import {
  type DrawnNumber,
  type DrawnSynapses,
  FACTOR,
  isNumbered,
  MOST,
  NUMBER,
  SHARE,
  type ThinnedLaw,
  tableOf,
  tablesOf,
  WORD,
} from "../../ir/drawnRows.ts";
import { LOOK_AGAIN } from "../../ir/lookUp.ts";
import { type Step, slotOf } from "../../ir/step.ts";
import { evaluateBody } from "./body.ts";
import { finder } from "./build.ts";
import type { Synapse } from "./perSynapse.ts";
import type { Frame } from "./run.ts";

/** Runs the body over the synapses of a source whose targets are in the range, and that count in this call. */
export function drawnRow(drawn: DrawnSynapses, frame: Frame, run: (s: Synapse) => void): (pre: number) => void {
  const [first, end] = [frame.count("first"), frame.count("n")];
  const targetsOf = rowOf(drawn, frame);
  const numbered = isNumbered(drawn);
  const steps = stepsOf(drawn, frame);
  const [since, group] = drawn.ring ? [frame.count("since"), drawn.ring.group] : [0, 1];
  return (pre) => {
    const posts = targetsOf(pre);
    if (numbered) posts.sort((a, b) => a - b);
    const start = frame.optional("rowStart"); // one to one, the synapse of source k is number k
    posts.forEach((post, n) => {
      if (post < first || post >= end) return;
      const synapse = start ? start.data[start.at + pre]! + n : pre;
      const s = { synapse, pre, post, steps: steps(synapse) };
      if (s.steps >= since && s.steps < since + group) run(s);
    });
  };
}

/** Targets of a source, as they are drawn. */
function rowOf(drawn: DrawnSynapses, frame: Frame): (pre: number) => number[] {
  const { law, targets, notItself, seed, stream } = drawn;
  const draws = new LineStream(seed, stream);
  if (law.kind === "thinned") return thinnedRow(law, notItself, draws, frame);
  if (law.kind === "itself") return (pre) => [pre];
  if (law.kind === "trials")
    return (pre) => {
      const out: number[] = [];
      draws.begin(pre);
      for (let post = draws.failures(law.factor); post < targets; post += 1 + draws.failures(law.factor))
        if (!notItself || post !== pre) out.push(post);
      return out;
    };
  const among = targets - Number(notItself);
  return (pre) => {
    const chosen: number[] = [];
    const degree = degreeOf(frame, pre);
    draws.begin(pre);
    for (let n = 0; n < degree; n++) {
      const last = law.kind === "distinct" ? among - degree + n : among - 1;
      const k = draws.below(last + 1);
      chosen.push(law.kind === "distinct" && chosen.includes(k) ? last : k);
    }
    return chosen.map((k) => (notItself && k >= pre ? k + 1 : k));
  };
}
function thinnedRow(law: ThinnedLaw, notItself: boolean, draws: LineStream, frame: Frame): (pre: number) => number[] {
  const { step, boxes, drawsZero } = law;
  const [start, members] = [frame.arg("boxStart"), frame.arg("members")];
  const tables = new Map(tablesOf(law).map((s) => [s.name, { ...frame.arg(tableOf(s.name)), space: s.space }]));
  const at = (name: string): number => step.stores.findIndex((s) => s.slot === name);
  const [most, factor, share] = [at(MOST), at(FACTOR), at(SHARE)];
  const made = (pre: number, synapse: number, post: number): number[] =>
    evaluateBody(step, (e) => {
      const name = e.tag === "read" ? e.slot : "";
      const table = tables.get(name);
      if (!table) return name === "i" ? pre : post;
      return table.data[table.at + { pre, synapse, post }[table.space as "pre" | "synapse" | "post"]]!;
    });
  return (pre) => {
    const out: number[] = [];
    draws.begin(pre);
    for (let box = 0; box < boxes; box++) {
      const [from, to] = [start.data[start.at + box]!, start.data[start.at + box + 1]!];
      if (from === to) continue;
      const chance = made(pre, box, members.data[members.at + from]!);
      if (chance[most] === 0) continue;
      const gap = (): number => (chance[most] === 1 ? 0 : draws.failures(chance[factor]!));
      for (let k = from + gap(); k < to; k += 1 + gap()) {
        const post = members.data[members.at + k]!;
        const p = made(pre, box, post)[share]!;
        const stays = (p > 0 || drawsZero) && (p >= 1 || draws.uniform() <= p);
        if (stays && !(notItself && post === pre)) out.push(post);
      }
    }
    return out;
  };
}
function degreeOf(frame: Frame, pre: number): number {
  const degree = frame.optional("degree");
  if (degree) return degree.data[degree.at + pre]!;
  const { data, at } = frame.arg("rowStart");
  return data[at + pre + 1]! - data[at + pre]!;
}

/** The number of synapse k: of its word, or of the first of its line that will do. */
function drawnBy<T>({ seed, stream }: Pick<DrawnNumber, "seed" | "stream">, of: (word: number) => T | undefined) {
  const [word, line] = [numberedWords(seed, stream), new LineStream(seed, stream)];
  return (k: number): T => {
    let x = of(word(k));
    line.begin(k);
    while (x === undefined) x = of(line.word());
    return x;
  };
}
function stepsOf({ ring }: DrawnSynapses, frame: Frame): (k: number) => number {
  if (!ring?.steps) return () => 0;
  const find = finder(frame, 0, 0);
  return drawnBy(ring.steps, (word) => {
    const n = find(word);
    return n === LOOK_AGAIN ? undefined : n;
  });
}

/** Of each slot that is drawn, the number of a synapse. */
export function numbersOf(step: Step, { numbers = {} }: DrawnSynapses): ReadonlyMap<string, (s: Synapse) => number> {
  return new Map(
    Object.entries(numbers).map(([name, number]) => {
      const round = slotOf(step, name).type === "f32" ? Math.fround : (x: number): number => x;
      const of = drawnBy(number, numberOf(number));
      return [name, ({ synapse }: Synapse) => round(of(synapse))];
    }),
  );
}
function numberOf({ step, within }: DrawnNumber): (word: number) => number | undefined {
  const at = step.stores.findIndex((s) => s.slot === NUMBER);
  return (word) => {
    const x = evaluateBody(step, (e) => (e.tag === "read" && e.slot === WORD ? word : Number.NaN))[at]!;
    return within && !(x >= within.low && x <= within.high) ? undefined : x;
  };
}

/** Where what belongs to the target of a synapse lies, from the argument on. */
export function ringOf({ ring }: DrawnSynapses, frame: Frame): ((s: Synapse) => number) | undefined {
  if (!ring) return undefined;
  const { group, cells } = ring;
  const [first, turned] = [frame.count("first"), frame.count("phase") - frame.count("since")];
  return ({ post, steps = 0 }) => ((((turned + steps) % group) + group) % group) * cells + post - first;
}
