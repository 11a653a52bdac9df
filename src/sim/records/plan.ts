/** Checks what is to be recorded against a network, once, and says what series will come of it. */
import { formatDimension } from "../../base/dimension.ts";
import { listNames, ModelError, requireInteger, requireKnown } from "../../base/errors.ts";
import type { Network } from "../../model/network.ts";
import type { RecordHeader, SeriesInfo } from "./sink.ts";
import type {
  RateRecord,
  RecordKind,
  RecordOptions,
  RecordSpec,
  Records,
  Span,
  SpikeRecord,
  SynapseRecord,
  Trigger,
  VariableRecord,
} from "./spec.ts";

/** What an engine answers for. */
export interface Site extends Omit<RecordHeader, "network" | "series"> {
  readonly net: Network;
  /** Ticks of a span. @throws {ModelError} `out-of-range`, `unit-mismatch` */
  span(span: Span, path: string): number;
  /** Numbers of a variable. @throws {ModelError} `unknown-name`, `unsupported` unless it can be read at such moments */
  variable(of: string, path: string, when: VariableRecord["when"]): number;
  /** Neurons at the ends of each synapse of a connection. @throws {ModelError} `unknown-name`, `unsupported` */
  synapses(of: string, variable: string, path: string): SynapseEnds;
  /** @throws {ModelError} `unsupported`, `out-of-range`, `unknown-name` */
  checkTrigger(on: Trigger["on"], path: string): void;
}

/** By synapse. */
export interface SynapseEnds {
  readonly source: ArrayLike<number>;
  readonly target: ArrayLike<number>;
}

/** One record, resolved. */
export interface Planned {
  readonly path: string;
  readonly spec: RecordSpec;
  readonly info: SeriesInfo;
  readonly last?: number;
  readonly trigger?: PlannedTrigger;
}
export interface PlannedTrigger {
  readonly on: Trigger["on"];
  readonly before: number;
  readonly after: number;
  readonly most: number;
  /** Of the moments. */
  readonly info: SeriesInfo;
}

/** @throws {ModelError} for what cannot be recorded, with a path such as `records.v.neurons[0]` */
export function plan(records: Records, site: Site): Planned[] {
  const checked = { ...site, span: checkedSpan(site) };
  const planned = Object.entries(records).map(([name, spec]) => planOne(name, spec, checked));
  const names = planned.flatMap((p) => [p.info.name, ...(p.trigger ? [p.trigger.info.name] : [])]);
  const twice = names.find((name, k) => names.indexOf(name) !== k);
  if (twice !== undefined)
    throw new ModelError("duplicate-name", `records.${twice}`, "is also the name of a trigger's moments");
  return planned;
}

const checkedSpan =
  ({ engine, span }: Site): Site["span"] =>
  (given, path) => {
    if (typeof given === "string" || typeof given === "number") return span(given, path);
    const number = engine === "clocked" ? "a number of steps" : "seconds";
    throw new ModelError("usage", path, `must be a duration such as "10 ms", or ${number}, got ${typeof given}`);
  };

function planOne(name: string, spec: RecordSpec, site: Site): Planned {
  const path = `records.${name}`;
  if (typeof spec !== "object" || spec === null)
    throw new ModelError(
      "type-mismatch",
      path,
      `must say what is kept, such as { kind: "spikes", of: "e" }, got ${typeof spec === "string" ? `'${spec}'` : String(spec)}`,
    );
  const kind = Object.hasOwn(KINDS, spec.kind) ? KINDS[spec.kind] : undefined;
  if (!kind)
    throw new ModelError(
      "unknown-name",
      `${path}.kind`,
      `unknown kind '${spec.kind}'; known: ${listNames(Object.keys(KINDS))}`,
    );
  requireKnown(path, spec, ["kind", "of", "windows", "last", "trigger", ...kind.properties]);
  if (typeof spec.of !== "string")
    throw new ModelError(
      "type-mismatch",
      `${path}.of`,
      `must name what is kept: a population ("e"), a variable ("e.v") or a connection ("e>i"), got ${String(spec.of)}`,
    );
  const own = (kind.of as Describe<RecordSpec>)(spec, path, site);
  const info = { name, kind: spec.kind, of: spec.of, windows: windowsOf(spec, path, site), ...own };
  if (spec.last !== undefined) requireInteger(`${path}.last`, spec.last, 1, 2 ** 28);
  return {
    path,
    spec,
    info,
    ...(spec.last !== undefined && { last: spec.last }),
    ...(spec.trigger && { trigger: triggerOf(name, spec.trigger, `${path}.trigger`, site) }),
  };
}

type Own = Omit<SeriesInfo, "name" | "kind" | "of" | "windows">;
type Describe<S> = (spec: S, path: string, site: Site) => Own;
interface Kind<S> {
  readonly properties: readonly string[];
  readonly of: Describe<S>;
}
const EVENTS = { shape: "events", columns: 0, every: 0, offset: 0 } as const;

/** By kind: the properties that it has of its own, and what its series looks like. */
const KINDS: { readonly [K in RecordKind]: Kind<Extract<RecordSpec, { kind: K }>> } = {
  spikes: {
    properties: ["neurons"],
    of: ({ of, neurons }: SpikeRecord, path, site) => {
      const size = spikingSize(of, `${path}.of`, site);
      return { ...EVENTS, size, ...elementsOf(neurons, size, `${path}.neurons`) };
    },
  },
  variable: {
    properties: ["neurons", "every", "when"],
    of: ({ of, neurons, every, when }: VariableRecord, path, site) => {
      if (when !== undefined && when !== "before" && when !== "after")
        throw new ModelError("unknown-name", `${path}.when`, `must be 'before' or 'after', got '${when}'`);
      const size = site.variable(of, path, when);
      const columns = elementsOf(neurons, size, `${path}.neurons`);
      const offset = site.engine === "clocked" && when !== "before" ? 1 : 0;
      return {
        shape: "rows",
        ...unitOf(of, site),
        size,
        ...columns,
        columns: countOf(columns, size),
        every: everyOf(every, path, site),
        offset,
      };
    },
  },
  rate: {
    properties: ["neurons", "bin"],
    of: ({ of, neurons, bin }: RateRecord, path, site) => {
      const size = spikingSize(of, `${path}.of`, site);
      const some = elementsOf(neurons, size, `${path}.neurons`);
      return {
        shape: "rows",
        unit: "1/second",
        size,
        ...some,
        columns: 1,
        every: lengthOf(bin, `${path}.bin`, site),
        offset: 0,
      };
    },
  },
  synapses: {
    properties: ["variable", "synapses", "every"],
    of: ({ of, variable = "w", synapses, every }: SynapseRecord, path, site) => {
      const { source, target } = site.synapses(of, variable, path);
      const size = target.length;
      const some = elementsOf(synapses, size, `${path}.synapses`);
      const columns = countOf(some, size);
      const at = (of: ArrayLike<number>): Uint32Array =>
        Uint32Array.from({ length: columns }, (_, k) => of[some.elements ? some.elements[k]! : k]!);
      return {
        shape: "rows",
        variable,
        size,
        ...some,
        ...{ source: at(source), target: at(target) },
        columns,
        every: everyOf(every, path, site),
        offset: 0,
      };
    },
  },
};

function unitOf(of: string, { net }: Site): Pick<SeriesInfo, "unit"> {
  const [node, variable] = of.split(".");
  const model = net.populations[node!]?.model;
  const found = model && [...model.variables, ...model.subexpressions].find((v) => v.name === variable);
  return found ? { unit: formatDimension(found.dimension) } : {};
}

function spikingSize(of: string, path: string, { net }: Site): number {
  const spiking = Object.keys(net.populations).filter((name) => net.populations[name]!.model.spike);
  if (spiking.includes(of)) return net.populations[of]!.size;
  throw new ModelError("unknown-name", path, `no population '${of}' that spikes; known: ${listNames(spiking)}`);
}

type Elements = Pick<SeriesInfo, "elements">;
/** @throws {ModelError} `out-of-range`, `duplicate-name` */
function elementsOf(given: ArrayLike<number> | undefined, size: number, path: string): Elements {
  if (given === undefined) return {};
  const seen = new Set<number>();
  for (let k = 0; k < given.length; k++) {
    requireInteger(`${path}[${k}]`, given[k]!, 0, size - 1);
    if (seen.has(given[k]!)) throw new ModelError("duplicate-name", `${path}[${k}]`, `${given[k]} is there twice`);
    seen.add(given[k]!);
  }
  if (given.length === 0) throw new ModelError("out-of-range", path, "names nothing: leave it out for all");
  return { elements: Uint32Array.from(given) };
}
const countOf = ({ elements }: Elements, size: number): number => elements?.length ?? size;

function lengthOf(span: Span, path: string, site: Site): number {
  const ticks = site.span(span, path);
  if (ticks > 0) return ticks;
  throw new ModelError("out-of-range", path, `must be longer than nothing, got ${span}`);
}
function everyOf(every: Span | undefined, path: string, site: Site): number {
  if (every === undefined && site.engine === "exact")
    throw new ModelError("usage", `${path}.every`, "is needed: the exact engine has no steps; give a duration");
  return lengthOf(every ?? 1, `${path}.every`, site);
}

/** In order, those that overlap joined. */
function windowsOf({ windows }: RecordOptions, path: string, site: Site): SeriesInfo["windows"] {
  if (windows === undefined) return [[0, Number.POSITIVE_INFINITY]];
  const all = windows.map(({ from, to }, k): [number, number] => {
    const at = `${path}.windows[${k}]`;
    requireKnown(at, windows[k]!, ["from", "to"]);
    const [a, b] = [
      from === undefined ? 0 : site.span(from, `${at}.from`),
      to === undefined ? Number.POSITIVE_INFINITY : site.span(to, `${at}.to`),
    ];
    if (a >= b) throw new ModelError("out-of-range", at, `must end after it begins, got ${from ?? 0} to ${to}`);
    return [a, b];
  });
  if (all.length === 0) throw new ModelError("out-of-range", `${path}.windows`, "names none: leave it out for always");
  all.sort((x, y) => x[0] - y[0]);
  const joined: [number, number][] = [];
  for (const [from, to] of all) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

function triggerOf(name: string, trigger: Trigger, path: string, site: Site): PlannedTrigger {
  const { on, before = 0, after = 0, most = Number.POSITIVE_INFINITY } = trigger;
  requireKnown(path, trigger, ["on", "before", "after", "most"]);
  if (site.samples > 1)
    throw new ModelError("unsupported", path, `triggers belong to one trial, and there are ${site.samples}`);
  if (most !== Number.POSITIVE_INFINITY) requireInteger(`${path}.most`, most, 1);
  site.checkTrigger(on, `${path}.on`);
  const of = "spike" in on ? on.spike : "variable" in on ? on.variable : "test";
  return {
    on,
    before: site.span(before, `${path}.before`),
    after: site.span(after, `${path}.after`),
    most,
    info: {
      name: `${name}.trigger`,
      kind: "trigger",
      of,
      ...EVENTS,
      size: site.net.populations[of.split(".")[0]!]?.size ?? 0,
      windows: [[0, Number.POSITIVE_INFINITY]],
    },
  };
}

/** @throws {ModelError} `unknown-name`, `out-of-range` */
export function checkSpikeTrigger(
  { spike, neurons }: { spike: string; neurons?: ArrayLike<number> },
  path: string,
  site: Site,
): void {
  elementsOf(neurons, spikingSize(spike, `${path}.spike`, site), `${path}.neurons`);
}

/** The first tick from `tick` on that is a multiple of `every` within a window; `Infinity` if none. */
export function nextTick({ windows, every }: Pick<SeriesInfo, "windows" | "every">, tick: number): number {
  for (const [from, to] of windows) {
    if (to <= tick) continue;
    const next = Math.ceil(Math.max(from, tick) / every) * every;
    if (next < to) return next;
  }
  return Number.POSITIVE_INFINITY;
}
export const isWithin = (windows: SeriesInfo["windows"], tick: number): boolean =>
  windows.some(([from, to]) => tick >= from && tick < to);
