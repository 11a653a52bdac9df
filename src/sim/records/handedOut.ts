/** Which values the compiled loop is to hand out, so that runs need not stop for them. */
import type { Network } from "../../model/network.ts";
import { stepsOfSpan } from "./clockedSite.ts";
import type { RecordSpec, Records } from "./spec.ts";

/** From so many steps on, stopping costs less than keeping each step's values. */
const RARE = 64;

/** `population.variable` or `transform.value`. What cannot be recorded is left out here, and refused where it is recorded. */
export function handedOut(net: Network, records: Records): string[] {
  return [...new Set(Object.entries(records).flatMap(([name, spec]) => ofRecord(net, spec, `records.${name}`)))];
}

function ofRecord(net: Network, spec: RecordSpec, path: string): string[] {
  const { trigger } = spec;
  const crossing = trigger && "variable" in trigger.on ? [trigger.on.variable] : [];
  const wanted = spec.kind === "variable" && isWanted(net, spec, path) ? [spec.of] : [];
  return [...crossing, ...wanted].filter((of) => isOutput(net, of));
}

function isWanted(
  net: Network,
  { of, every = 1, when }: Extract<RecordSpec, { kind: "variable" }>,
  path: string,
): boolean {
  if (when === "before") return false;
  const [node, variable] = of.split(".");
  const isState = net.populations[node!]?.model.variables.some((v) => v.name === variable) ?? false;
  return !isState || stepsOfSpan(net, every, `${path}.every`) < RARE;
}

function isOutput({ populations, transforms }: Network, of: string): boolean {
  const [node, ...port] = of.split(".") as [string, ...string[]];
  return (
    populations[node]?.model.outputs.includes(port.join(".")) ?? (node in transforms && port.join(".") === "value")
  );
}
