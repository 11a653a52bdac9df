/** What the clocked engine can record, and when. */
import type { Elements, Executable } from "../../backend/backend.ts";
import type { Dimension } from "../../base/dimension.ts";
import { listNames, ModelError, requireInteger, requireKnown } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import type { Network } from "../../model/network.ts";
import type { Lowered } from "../lower/lower.ts";
import { notSparse } from "../synapseViews.ts";
import { checkSpikeTrigger, type Site, type SynapseEnds } from "./plan.ts";
import type { Span, Trigger } from "./spec.ts";

/** What records are read from. */
export interface Host {
  readonly x: Executable;
  readonly l: Lowered;
  state(name: string): Elements;
  synapses(name: string): Readonly<Record<string, Elements>>;
}

const SECOND: Dimension = [0, 0, 1, 0, 0, 0, 0];

/** Steps of a span. @throws {ModelError} `out-of-range` unless it is a whole number of steps; `unit-mismatch` */
export function stepsOfSpan({ dt }: Pick<Network, "dt">, span: Span, path: string): number {
  if (typeof span === "number") {
    requireInteger(path, span, 0);
    return span;
  }
  const steps = quantityOf(span, SECOND, path) / dt;
  const whole = Math.round(steps);
  if (whole >= 0 && Math.abs(steps - whole) <= 1e-6 * Math.max(1, whole)) return whole;
  throw new ModelError("out-of-range", path, `must be a whole number of steps of ${dt} s, got ${span}`);
}

export function clockedSite(net: Network, host: Host): Site {
  const { samples, seed } = host.l.context.options;
  const site: Site = {
    net,
    engine: "clocked",
    samples,
    seed,
    tick: net.dt,
    span: (span, path) => stepsOfSpan(net, span, path),
    variable: (of, path, when) => variableSize(of, path, when, host),
    synapses: (of, variable, path) => endsOf(of, variable, path, host),
    checkTrigger: (on, path) => checkTrigger(on, path, site, host),
  };
  return site;
}

const statesOf = ({ l }: Host): string[] => [...l.populations.values()].flatMap((p) => p.states.map((s) => s.buffer));
/** Values that leave the compiled loop, each step's in a row of its own. */
const valuesOf = ({ l }: Host): string[] =>
  [...l.sources.values.keys()].filter((k) => !(k.split(".")[0]! in l.net.inputs));

function variableSize(of: string, path: string, when: "before" | "after" | undefined, host: Host): number {
  const states = statesOf(host);
  const known = when === "before" ? states : [...states, ...valuesOf(host)];
  const node = of.split(".")[0]!;
  if (known.includes(of)) return host.l.context.size(node);
  const { populations, transforms } = host.l.net;
  const outputs = populations[node]?.model.outputs ?? (node in transforms ? ["value"] : []);
  if (!outputs.includes(of.slice(node.length + 1)))
    throw new ModelError("unknown-name", `${path}.of`, `no variable '${of}'; known: ${listNames(new Set(known))}`);
  const remedy =
    when === "before" ? "record it after the step" : `make the engine with records, or with record: ["${of}"]`;
  throw new ModelError("unsupported", `${path}.of`, `'${of}' is no state: it is known only within the step; ${remedy}`);
}

function endsOf(of: string, variable: string, path: string, host: Host): SynapseEnds {
  const { l } = host;
  const sparse = new Set([...l.delayGroups.keys(), ...l.sources.synapses.keys()]);
  for (const groups of l.delayGroups.values()) for (const g of groups) sparse.delete(g.name);
  if (l.context.delivery.delivered.has(of) && !sparse.has(of))
    throw new ModelError(
      "unsupported",
      `${path}.of`,
      `no equation and no pathway changes the synapses of '${of}', whose weights stand still: read them with engine.synapses("${of}")`,
    );
  if (!sparse.has(of)) throw notSparse(of, sparse, l.net, `${path}.of`);
  const views = host.synapses(of);
  if (Object.hasOwn(views, variable)) return { source: views["source"]!, target: views["target"]! };
  throw new ModelError("unknown-name", `${path}.variable`, `no '${variable}'; known: ${listNames(Object.keys(views))}`);
}

function checkTrigger(on: Trigger["on"], path: string, site: Site, host: Host): void {
  if ("spike" in on) {
    requireKnown(path, on, ["spike", "neurons"]);
    checkSpikeTrigger(on, path, site);
  } else if ("variable" in on) {
    requireKnown(path, on, ["variable", "neuron", "rises", "falls"]);
    const size = variableSize(on.variable, path, "after", host);
    requireInteger(`${path}.neuron`, on.neuron, 0, size - 1);
    if ((on.rises === undefined) === (on.falls === undefined))
      throw new ModelError("usage", path, "give a level in rises or in falls");
    const level = on.rises ?? on.falls!;
    if (!Number.isFinite(level)) throw new ModelError("not-finite", path, `the level must be finite, got ${level}`);
  } else {
    requireKnown(path, on, ["test", "every"]);
    if (typeof on.test !== "function")
      throw new ModelError("usage", path, "give { spike }, { variable, neuron, rises or falls }, or { test }");
    if (on.every !== undefined && site.span(on.every, `${path}.every`) === 0)
      throw new ModelError("out-of-range", `${path}.every`, "must be at least a step");
  }
}
