/** Events of targets that full rows take in later: step by step, target by target, source by source. */
import { type KernelOf, LATE } from "../../ir/program.ts";
import { perElement } from "./perElement.ts";
import { synapticBody } from "./perSynapse.ts";
import type { Frame } from "./run.ts";

export function lateColumns(k: KernelOf<"lateColumns">, frame: Frame): void {
  const since = frame.arg("since");
  const now = frame.count("now");
  const takeIn = groupOf(k, frame);
  const bringUp = (group: number): void => {
    for (let step = since.data[since.at + group]!; step < now; step++) takeIn(group, step);
    since.data[since.at + group] = now;
  };
  if (k.domain === "rows") {
    const list = frame.arg("list");
    for (let e = frame.count("from"); e < frame.count("to"); e++) bringUp(Math.floor(list.data[list.at + e]! / LATE));
    return;
  }
  for (let group = 0; group * LATE < k.full[0]; group++) {
    bringUp(group);
    since.data[since.at + group] = 0;
  }
}

/** What a group does in a step. */
function groupOf(k: KernelOf<"lateColumns">, frame: Frame): (group: number, step: number) => void {
  const [sources, targets] = k.full;
  const [events, ends] = [frame.arg("events"), frame.arg("ends")];
  const [first, start] = [frame.count("first"), frame.count("start")];
  const run = synapticBody(k.step, frame);
  return (group, step) => {
    const range = { first: group * LATE, n: Math.min(sources, (group + 1) * LATE) };
    const row = (start + step) % k.steps;
    const end = ends.data[ends.at + row * k.endStride]!;
    for (let e = first; e < end; e++) {
      const post = events.data[events.at + row * k.listStride + e]!;
      for (let pre = range.first; pre < range.n; pre++) run({ synapse: pre * targets + post, pre, post });
    }
    const count = (name: string): number => range[name as keyof typeof range];
    perElement({ kind: "perElement", step: k.motion, domain: "range" }, { ...frame, count });
  };
}
