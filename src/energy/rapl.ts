/**
 * Joules as the processor counts them itself (RAPL: Intel since 2011, AMD since Zen), read from Linux's powercap files. A
 * package's counter is that of all that runs on it, ours and others', busy or idle, so a reading says how much of the
 * time was not ours; nothing is subtracted unless the caller says what.
 *
 * @see Documentation/power/powercap/powercap.rst, Linux: `name`, `energy_uj`, `max_energy_range_uj`
 * @see Khan et al. 2018, RAPL in action, ACM TOMPECS 3(2):9: counters move about once a millisecond
 */
import { DataError, RunError } from "../base/errors.ts";
import { fileSystem } from "../base/node.ts";

/** Where the system keeps its counters. */
export interface PowerPlaces {
  /** Default `/sys/class/powercap`. */
  readonly root?: string;
  /** Where the kernel tells how busy the processors are; default `/proc/stat`. */
  readonly stat?: string;
}

/** Packages, and the memory behind them where it has a counter. What lies within a package is not counted twice. */
export type Domain = "package" | "dram";

interface Counter {
  readonly domain: Domain;
  /** Its `energy_uj`. */
  readonly file: string;
  /** J at which it starts again from 0. */
  readonly range: number;
}

/** The energy counters of this machine, or why there are none. `powerCounters` finds them. */
export type PowerCounters =
  | { readonly available: true; readonly counters: readonly Counter[]; readonly places: Required<PowerPlaces> }
  | {
      readonly available: false;
      /** In words to be shown once. */
      readonly reason: string;
      /** There are some, which this user may not read. */
      readonly denied?: true;
    };

const MICRO = 1e-6;
const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? "";

/** Finds the counters and tries to read them. What is not there or not allowed is no error, but told. */
export async function powerCounters(places: PowerPlaces = {}): Promise<PowerCounters> {
  const { root = "/sys/class/powercap", stat = "/proc/stat" } = places;
  const missing = (reason: string): PowerCounters => ({ available: false, reason });
  try {
    const { readdir } = await fileSystem(root);
    const zones = (await readdir(root)).filter((name) => /^intel-rapl(:\d+)+$/.test(name)).sort();
    const found = await Promise.all(zones.map((zone) => counterOf(`${root}/${zone}`)));
    const counters = found.filter((c) => c !== undefined);
    if (!counters.some((c) => c.domain === "package")) return missing(`there is no counter of a package in ${root}`);
    for (const { file } of counters) await readMicro(file);
    return { available: true, counters, places: { root, stat } };
  } catch (error) {
    if (error instanceof DataError) return missing(error.message);
    if (error instanceof RunError) return missing("a page cannot read power counters");
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return missing(`this system has no ${root}`);
    if (codeOf(error) === "EACCES" || codeOf(error) === "EPERM")
      return {
        ...{ available: false, denied: true },
        reason: `permission denied: ${(error as { path?: string }).path ?? root} is for root alone`,
      };
    throw error;
  }
}

const DOMAINS: readonly (readonly [RegExp, Domain])[] = [
  [/^package-\d+/, "package"],
  [/^dram$/, "dram"],
];

async function counterOf(folder: string): Promise<Counter | undefined> {
  const { readFile } = await fileSystem(folder);
  const name = (await readFile(`${folder}/name`, "utf8")).trim();
  const domain = DOMAINS.find(([pattern]) => pattern.test(name))?.[1];
  if (!domain) return undefined;
  return { domain, file: `${folder}/energy_uj`, range: (await readMicro(`${folder}/max_energy_range_uj`)) * MICRO };
}

/** @throws {DataError} `bad-file` unless it holds a whole number >= 0 */
async function readMicro(file: string): Promise<number> {
  const { readFile } = await fileSystem(file);
  const text = (await readFile(file, "utf8")).trim();
  if (/^\d+$/.test(text)) return Number(text);
  throw new DataError("bad-file", file, `must hold a whole number of microjoules, found '${text.slice(0, 20)}'`);
}

/** Options of `measure`. */
export interface MeasureOptions {
  /** W that are taken off, such as those of `idlePower`. Absent: nothing is. */
  readonly baselineWatts?: number;
}

/** What counters said of a stretch of time. */
export interface Measured {
  readonly seconds: number;
  /** J of the whole machine in that time, less the baseline if there is one; undefined where they cannot be told. */
  readonly joules: { readonly total: number; readonly package: number; readonly dram?: number } | undefined;
  /** W taken off, where any were. */
  readonly baselineWatts?: number;
  /** Share of the busy time of all processors that was not this process's; undefined where the kernel does not say. */
  readonly otherLoad: number | undefined;
  readonly grade: "measured" | "measured, with other load on the machine" | "not told";
  readonly notes: readonly string[];
}

/** Others may take so much of the busy time before a reading is graded down. */
const ALONE = 0.05;
/** No package takes more, W: a counter is trusted for as long as it could not have gone round twice. */
const MOST_WATTS = 1000;
/** s from one change of a counter to the next. */
const TICK = 1e-3;

/** Reads the counters around a piece of work. */
export async function measure<T>(
  power: Extract<PowerCounters, { available: true }>,
  work: () => T | Promise<T>,
  options: MeasureOptions = {},
): Promise<{ value: T; measured: Measured }> {
  const before = await snapshot(power);
  const value = await work();
  const after = await snapshot(power);
  return { value, measured: difference(power, before, after, options) };
}

/** W of the machine while this process waits. */
export async function idlePower(
  power: Extract<PowerCounters, { available: true }>,
  seconds: number,
): Promise<number | undefined> {
  const { measured } = await measure(power, () => new Promise((done) => setTimeout(done, 1000 * seconds)));
  return measured.joules && measured.joules.total / measured.seconds;
}

interface Snapshot {
  readonly seconds: number;
  /** J by counter. */
  readonly joules: readonly number[];
  /** s of all processors together, and of this process. */
  readonly busy: number | undefined;
  readonly own: number;
}

async function snapshot({ counters, places }: Extract<PowerCounters, { available: true }>): Promise<Snapshot> {
  const busy = await busySeconds(places.stat);
  const joules = await Promise.all(counters.map(async ({ file }) => (await readMicro(file)) * MICRO));
  const { user, system } = process.cpuUsage();
  return { seconds: performance.now() / 1000, joules, busy, own: (user + system) * MICRO };
}

/** The kernel counts in hundredths of a second: user, nice, system, idle, iowait, irq, softirq, steal. */
async function busySeconds(stat: string): Promise<number | undefined> {
  const { readFile } = await fileSystem(stat);
  const text = await readFile(stat, "utf8").catch(() => "");
  const ticks = /^cpu +([\d ]+)/.exec(text)?.[1]?.trim().split(/ +/).map(Number);
  if (!ticks || ticks.length < 5) return undefined;
  const [user, nice, system, , , irq = 0, softirq = 0, steal = 0] = ticks as [number, number, number, ...number[]];
  return (user + nice + system + irq + softirq + steal) / 100;
}

function difference(
  { counters }: Extract<PowerCounters, { available: true }>,
  before: Snapshot,
  after: Snapshot,
  { baselineWatts }: MeasureOptions,
): Measured {
  const seconds = after.seconds - before.seconds;
  const otherLoad = loadOfOthers(before, after);
  const once = counters.every((c) => seconds * MOST_WATTS < c.range);
  const sum = (domain: Domain): number =>
    counters.reduce((all, c, k) => all + (c.domain === domain ? turned(c, before.joules[k]!, after.joules[k]!) : 0), 0);
  const dram = counters.some((c) => c.domain === "dram") ? sum("dram") : undefined;
  const total = sum("package") + (dram ?? 0) - (baselineWatts ?? 0) * seconds;
  const alone = otherLoad !== undefined && otherLoad <= ALONE;
  return {
    seconds,
    joules: once ? { total, package: sum("package"), ...(dram !== undefined && { dram }) } : undefined,
    ...(baselineWatts !== undefined && { baselineWatts }),
    otherLoad,
    grade: !once ? "not told" : alone ? "measured" : "measured, with other load on the machine",
    notes: notesOf(seconds, once, otherLoad, dram !== undefined, baselineWatts),
  };
}

/** A counter that is lower than it was has gone round. */
const turned = ({ range }: Counter, before: number, after: number): number =>
  after >= before ? after - before : after + range - before;

function loadOfOthers(before: Snapshot, after: Snapshot): number | undefined {
  if (before.busy === undefined || after.busy === undefined) return undefined;
  const all = after.busy - before.busy;
  const own = after.own - before.own;
  return Math.max(0, all - own) / Math.max(all, own, TICK);
}

function notesOf(
  seconds: number,
  once: boolean,
  otherLoad: number | undefined,
  dram: boolean,
  baselineWatts: number | undefined,
): string[] {
  const percent = (x: number): string => `${Number((100 * x).toPrecision(2))} %`;
  return [
    ...(once ? [] : ["It took so long that a counter may have gone round twice: nothing can be told."]),
    ...(seconds < 100 * TICK
      ? [
          `It took ${Number(seconds.toPrecision(2))} s, and counters move once a millisecond: up to ${percent(TICK / seconds)} off.`,
        ]
      : []),
    ...(otherLoad === undefined ? ["How busy others were is not known."] : []),
    ...((otherLoad ?? 0) > ALONE ? [`${percent(otherLoad!)} of the busy time was that of others.`] : []),
    dram ? "Package and memory." : "The package alone: memory has no counter here.",
    baselineWatts === undefined ? "Idle power is in it." : `${baselineWatts} W of idle power are taken off.`,
  ];
}
