/** What is simulated: a named network, a module's, or that of an artefact, with all that belongs to it. */
import { DataError, UsageError } from "../../base/errors.ts";
import { readArtefact } from "../../io/artefact.ts";
import type { Network } from "../../model/network.ts";
import { withDt } from "../../model/withDt.ts";
import type { Parameters } from "../../sim/lower/parameters.ts";
import { isTask } from "../tasks.ts";
import { isSimulation, type KnownRate, type NamedSimulation, SIMULATIONS, simulationNames } from "./catalogue.ts";
import { type Given, givenTo } from "./inputs.ts";
import { loadModule, MODULES } from "./module.ts";
import type { SimulationOptions } from "./options.ts";
import { secondsOf } from "./quantity.ts";

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
  /** Seconds. */
  readonly duration: number;
  /** Of a named network that runs as long as is known. */
  readonly rate?: KnownRate;
}

/** Where nobody says how long. */
const DURATION = "1 s";

/** @throws {UsageError} for a target that is none; {DataError} for a file; {ModelError} for a step that does not fit */
export async function subjectOf(options: SimulationOptions): Promise<Subject> {
  const { target } = options;
  const dt = options.dt === undefined ? undefined : secondsOf(options.dt, "--dt");
  if (isSimulation(target)) return namedSubject(target, SIMULATIONS[target], dt, options);
  if (/\.h5$/i.test(target)) return artefactSubject(target, dt, options);
  if (MODULES.some((ending) => target.toLowerCase().endsWith(ending))) return moduleSubject(target, dt, options);
  throw new UsageError("unknown-name", target, unknownTarget(target));
}

function unknownTarget(target: string): string {
  if (isTask(target))
    return `is a task to train: 'rheobase train ${target} --out ${target}.h5', then 'rheobase simulate ${target}.h5'`;
  return `neither a simulation (${simulationNames()}) nor a file that ends in ${[...MODULES, ".h5"].join(", ")}`;
}

const durationOf = ({ duration }: SimulationOptions, own: string): number =>
  duration === undefined ? secondsOf(own, "duration") : secondsOf(duration, "--duration");

async function namedSubject(
  name: string,
  { doc, source, build, duration, rate }: NamedSimulation,
  dt: number | undefined,
  options: SimulationOptions,
): Promise<Subject> {
  const net = build(dt === undefined ? {} : { dt });
  const seconds = durationOf(options, duration);
  const known = rate && seconds >= secondsOf(duration, name) ? rate : undefined;
  const given = await givenTo(net, options.input ?? [], {});
  return {
    name,
    from: `${name}: ${doc} (${source}).`,
    net,
    given,
    record: [],
    duration: seconds,
    ...(known && { rate: known }),
  };
}

async function moduleSubject(file: string, dt: number | undefined, options: SimulationOptions): Promise<Subject> {
  const found = await loadModule(file, { seed: options.seed, ...(dt !== undefined && { dt }) });
  const net = dt === undefined ? found.network : withDt(found.network, dt);
  const own = found.duration ?? DURATION;
  return {
    name: net.name === "network" ? file : net.name,
    from: `The network of ${file}.`,
    net,
    given: await givenTo(net, options.input ?? [], found),
    record: wordsOf(found.record, file),
    duration: durationOf(options, typeof own === "number" ? `${own} s` : textOf(own, file)),
    ...(found.parameters !== undefined && { parameters: found.parameters as Parameters }),
  };
}
function textOf(x: unknown, file: string): string {
  if (typeof x === "string") return x;
  throw new DataError("type-mismatch", `${file}.duration`, `must be text such as "1 s", or seconds, got ${String(x)}`);
}
function wordsOf(x: unknown, file: string): readonly string[] {
  const words = x === undefined ? [] : typeof x === "string" ? [x] : x;
  if (Array.isArray(words) && words.every((w) => typeof w === "string")) return words;
  throw new DataError("type-mismatch", `${file}.record`, `must be text such as "e.v[0..9]", or a list of it`);
}

async function artefactSubject(file: string, dt: number | undefined, options: SimulationOptions): Promise<Subject> {
  const { network, parameters, provenance } = await readArtefact(file);
  const net = dt === undefined ? network : withDt(network, dt);
  const { task } = provenance;
  const sample = net.steps === undefined ? DURATION : `${net.steps * net.dt} s`;
  return {
    name: net.name === "network" ? file : net.name,
    from: `The network in ${file}${task === undefined ? "" : `, trained on ${task}`}.`,
    net,
    parameters,
    given: await givenTo(net, options.input ?? [], {}),
    record: [],
    duration: durationOf(options, sample),
  };
}
