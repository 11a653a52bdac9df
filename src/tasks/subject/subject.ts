/**
 * What is run: a network of the catalogue by its name, or that of a module, an artefact or a SONATA configuration, with all
 * that belongs to it. Every command that runs networks takes them from here, so that a name or a file means the same to each.
 */
import { DataError, UsageError } from "../../base/errors.ts";
import { quantityOf } from "../../base/quantity.ts";
import { readArtefact } from "../../io/artefact.ts";
import { readSonata } from "../../io/sonata/read.ts";
import type { Network } from "../../model/network.ts";
import { withDt } from "../../model/withDt.ts";
import type { Parameters } from "../../sim/lower/parameters.ts";
import { isTask } from "../tasks.ts";
import { isSimulation, type KnownRate, SIMULATIONS, type SimulationName, simulationNames } from "./catalogue.ts";
import { type Given, givenTo } from "./inputs.ts";
import { loadModule, MODULES } from "./module.ts";
import { SECOND } from "./quantity.ts";

/** Of whoever runs it, where neither an option nor the file gives one. */
export const DEFAULT_SEED = 1;

/** A network with all that a run of it needs. */
export interface Subject {
  readonly name: string;
  /** A sentence: what it is and where it comes from. */
  readonly from: string;
  readonly net: Network;
  readonly parameters?: Parameters;
  readonly given: Given;
  /** What its module asks to record. */
  readonly record: readonly string[];
  /** Seconds, where it says so. */
  readonly duration?: number;
  /** Of what is drawn while it runs, where it says so. */
  readonly seed?: number;
  /** Of a named network that runs for its own duration at least. */
  readonly rate?: KnownRate;
  /** What was read otherwise than it stands, in sentences. */
  readonly notes: readonly string[];
}

/** How it is made. */
export interface SubjectOptions {
  /** What the default function of a module gets. */
  readonly seed: number;
  /** Seconds a step, where it is asked for. */
  readonly dt?: number;
  /** As `inputs.ts` has it: in place of what the file gives. */
  readonly input?: readonly string[];
  /** Endings of files that the caller takes besides: to be named where a target is none. */
  readonly others?: readonly string[];
}

/** As a kind finds it, before what enters is looked at. */
type Found = Omit<Subject, "name" | "given" | "record" | "notes"> & {
  readonly inputs?: unknown;
  readonly sources?: unknown;
  readonly record?: readonly string[];
  readonly notes?: readonly string[];
};
type Load = (file: string, options: SubjectOptions) => Promise<Found>;
interface Kind {
  readonly endings: readonly string[];
  readonly load: Load;
}
const KINDS: readonly Kind[] = [
  { endings: MODULES, load: ofModule },
  { endings: [".h5"], load: ofArtefact },
  { endings: [".json"], load: ofSonata },
];

/** @throws {UsageError} for a target that is none; {DataError} for a file; {ModelError} for a step that does not fit */
export async function subjectOf(target: string, options: SubjectOptions): Promise<Subject> {
  const { inputs, sources, ...found } = await load(target, options);
  const { name } = found.net;
  return {
    name: NAMELESS.includes(name) ? target : name,
    record: [],
    notes: [],
    ...found,
    given: await givenTo(found.net, options.input ?? [], { inputs, sources }),
  };
}
/** What networks are called that nobody has named. */
const NAMELESS: readonly string[] = ["network", "sonata"];

async function load(target: string, options: SubjectOptions): Promise<Found> {
  if (isSimulation(target)) return ofCatalogue(target, options);
  const kind = kindOf(target);
  if (kind) return kind.load(target, options);
  throw new UsageError("unknown-name", target, unknownTarget(target, options));
}
const kindOf = (target: string): Kind | undefined =>
  KINDS.find(({ endings }) => endings.some((ending) => target.toLowerCase().endsWith(ending)));

function unknownTarget(target: string, { others = [] }: SubjectOptions): string {
  if (isTask(target))
    return `is a task to train: 'rheobase train ${target} --out ${target}.h5' makes a file that can be run, ${target}.h5`;
  const endings = [...KINDS.flatMap((k) => k.endings), ...others];
  return `neither a simulation (${simulationNames()}) nor a file that ends in ${endings.join(", ")}`;
}

function ofCatalogue(name: SimulationName, { dt }: SubjectOptions): Found {
  const { doc, source, build, duration, rate } = SIMULATIONS[name];
  return {
    from: `${name}: ${doc} (${source}).`,
    net: build(dt === undefined ? {} : { dt }),
    duration: quantityOf(duration, SECOND, name),
    ...(rate && { rate }),
  };
}

async function ofModule(file: string, { seed, dt }: SubjectOptions): Promise<Found> {
  const found = await loadModule(file, { seed, ...(dt !== undefined && { dt }) });
  const { inputs, sources, parameters, duration } = found;
  return {
    from: `The network of ${file}.`,
    net: dt === undefined ? found.network : withDt(found.network, dt),
    inputs,
    sources,
    record: wordsOf(found.record, file),
    ...(parameters !== undefined && { parameters: parameters as Parameters }),
    ...(duration !== undefined && { duration: durationOf(duration, `${file}.duration`) }),
  };
}
/** Of text, or of a number, which is one of seconds. */
function durationOf(x: unknown, path: string): number {
  if (typeof x !== "string" && typeof x !== "number")
    throw new DataError("type-mismatch", path, `must be text such as "1 s", or seconds, got ${String(x)}`);
  const seconds = typeof x === "number" ? x : quantityOf(x, SECOND, path);
  if (seconds > 0 && Number.isFinite(seconds)) return seconds;
  throw new DataError("out-of-range", path, `must be above 0 and finite, got ${x}`);
}
function wordsOf(x: unknown, file: string): readonly string[] {
  const words = x === undefined ? [] : typeof x === "string" ? [x] : x;
  if (Array.isArray(words) && words.every((w) => typeof w === "string")) return words;
  throw new DataError("type-mismatch", `${file}.record`, `must be text such as "e.v[0..9]", or a list of it`);
}

async function ofArtefact(file: string, { dt }: SubjectOptions): Promise<Found> {
  const { network, parameters, provenance } = await readArtefact(file);
  const net = dt === undefined ? network : withDt(network, dt);
  const { task } = provenance;
  return {
    from: `The network in ${file}${task === undefined ? "" : `, trained on ${task}`}.`,
    net,
    parameters,
    ...(net.steps !== undefined && { duration: net.steps * net.dt }),
  };
}

async function ofSonata(file: string, { dt }: SubjectOptions): Promise<Found> {
  const { network: net, inputs, steps, seed, notes } = await readSonata(file, dt === undefined ? {} : { dt });
  return {
    from: `The SONATA network of ${file}.`,
    net,
    inputs,
    notes: notes.map((note) => `${note}.`),
    ...(steps !== undefined && { duration: steps * net.dt }),
    ...(seed !== undefined && { seed }),
  };
}
