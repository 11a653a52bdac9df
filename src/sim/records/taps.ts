/** Where each kind of record is read in the clocked engine: in lists of spikes, in rows of values, or between steps. */
import type { Elements } from "../../backend/backend.ts";
import type { Window } from "../recording.ts";
import { notFinite } from "../recording.ts";
import { type Host, stepsOfSpan } from "./clockedSite.ts";
import { memberOf } from "./members.ts";
import type { Pipe } from "./pipes.ts";
import { isWithin, nextTick, type Planned, type PlannedTrigger } from "./plan.ts";
import type { SeriesInfo } from "./sink.ts";
import type { CrossingTrigger, PredicateTrigger, RecordKind, RecordView, SpikeTrigger } from "./spec.ts";

/** What reads along with a run. */
export interface Tap {
  /** A step after `step` before which the run has to stop for it; `Infinity` if none. */
  stop?(step: number): number;
  /** The run begins at this step, and not where the last one ended. */
  begin?(step: number): void;
  /** Before a step at which the run has stopped, whatever it stopped for. */
  before?(step: number): void;
  /** The population whose spikes it is told, in order of step and neuron. */
  readonly population?: string;
  spikes?(step: number, sample: number, fired: ArrayLike<number>): void;
  /** After a block of steps and its spikes. */
  after?(block: Window): void;
}

type Make = (planned: Planned, pipe: Pipe, host: Host) => Tap;
const TAPS: { readonly [K in RecordKind]: Make } = { spikes, variable, rate, synapses };

/** That of a record, and first that of its trigger, if it has one. */
export function tapsOf(planned: Planned, pipe: Pipe, host: Host): Tap[] {
  const trigger = planned.trigger ? [triggerTap(planned.trigger, pipe, host)] : [];
  return [...trigger, TAPS[planned.spec.kind](planned, pipe, host)];
}

function spikes({ info }: Planned, pipe: Pipe): Tap {
  const isMember = memberOf(info.elements, info.size);
  const always = isAlways(info);
  const entry = new Float64Array(2);
  return {
    population: info.of,
    spikes: (step, sample, fired) => {
      if (!always && !isWithin(info.windows, step)) return;
      entry[1] = sample;
      for (let k = 0; k < fired.length; k++) {
        entry[0] = fired[k]!;
        if (isMember(fired[k]!)) pipe.push(step, entry);
      }
    },
  };
}
const isAlways = ({ windows: [first] }: SeriesInfo): boolean =>
  first![0] === 0 && first![1] === Number.POSITIVE_INFINITY;

/** Bins begin at multiples of their length; one that is not seen whole, or lies across a window's border, is left out. */
function rate({ info }: Planned, pipe: Pipe, { l }: Host): Tap {
  const isMember = memberOf(info.elements, info.size);
  const counts = new Float64Array(l.context.options.samples);
  const perSpike = 1 / ((info.elements?.length ?? info.size) * info.every * l.net.dt);
  let bin = Number.POSITIVE_INFINITY;
  const isWhole = (k: number): boolean => info.windows.some(([from, to]) => k >= from && k + info.every <= to);
  const from = (step: number): number => {
    let next = nextTick(info, step);
    while (next < Number.POSITIVE_INFINITY && !isWhole(next)) next = nextTick(info, next + 1);
    return next;
  };
  const close = (end: number): void => {
    for (; bin + info.every <= end; bin = from(bin + info.every)) {
      pipe.push(
        bin,
        counts.map((n) => n * perSpike),
      );
      counts.fill(0);
    }
  };
  return {
    population: info.of,
    begin: (step) => {
      bin = from(step);
      counts.fill(0);
    },
    spikes: (step, sample, fired) => {
      close(step);
      if (step < bin) return;
      for (let k = 0; k < fired.length; k++) if (isMember(fired[k]!)) counts[sample]!++;
    },
    after: ({ now, count }) => close(now + count),
  };
}

/** Numbers of one step: `[samples][columns]` of what lies as `[samples][stride]`, or of one row a sample in a ring. */
interface Reader {
  /** Where sample s of step `step` begins, and the array. */
  at(step: number): { readonly from: Elements; readonly start: (sample: number) => number };
  /** Whether all steps of a block can be read after it; else only its last. */
  readonly wholeBlocks: boolean;
}
function readerOf(of: string, when: "before" | "after" | undefined, { x, l }: Host): Reader {
  const signal = when === "before" ? undefined : l.sources.values.get(of);
  if (!signal) {
    const stride = l.context.stride(of.split(".")[0]!);
    return { wholeBlocks: false, at: () => ({ from: x.array(of), start: (s) => s * stride }) };
  }
  const { rows, stride, name } = signal;
  return {
    wholeBlocks: true,
    at: (step) => ({ from: x.array(name), start: (s) => (s * rows + (step % rows)) * stride }),
  };
}

function variable({ spec, info }: Planned, pipe: Pipe, host: Host): Tap {
  const when = spec.kind === "variable" ? spec.when : undefined;
  const reader = readerOf(info.of, when, host);
  const { samples } = host.l.context.options;
  const { columns, elements } = info;
  const row = new Float64Array(samples * columns);
  const read = (step: number): void => {
    const { from, start } = reader.at(step);
    for (let s = 0; s < samples; s++)
      for (let k = 0; k < columns; k++) {
        const neuron = elements ? elements[k]! : k;
        const value = from[start(s) + neuron]!;
        if (!Number.isFinite(value)) throw notFinite(info.of, neuron, value, `step ${step}`, s);
        row[s * columns + k] = value;
      }
    pipe.push(step, row);
  };
  return when === "before" ? beforeSteps(info, read) : afterSteps(info, reader.wholeBlocks, read);
}

type Times = Pick<SeriesInfo, "windows" | "every">;
const EACH_STEP: Times = { windows: [[0, Number.POSITIVE_INFINITY]], every: 1 };

function beforeSteps(info: Times, read: (step: number) => void): Tap {
  return {
    stop: (step) => nextTick(info, step + 1),
    before: (step) => {
      if (nextTick(info, step) === step) read(step);
    },
  };
}
function afterSteps(info: Times, wholeBlocks: boolean, read: (step: number) => void): Tap {
  if (!wholeBlocks)
    return {
      stop: (step) => nextTick(info, step) + 1,
      after: ({ now, count }) => {
        const last = now + count - 1;
        if (nextTick(info, last) === last) read(last);
      },
    };
  return {
    after: ({ now, count }) => {
      for (let k = nextTick(info, now); k < now + count; k = nextTick(info, k + 1)) read(k);
    },
  };
}

function synapses({ info }: Planned, pipe: Pipe, host: Host): Tap {
  const { elements, columns, of } = info;
  const row = new Float64Array(columns);
  return beforeSteps(info, (step) => {
    const values = host.synapses(of)[info.variable!]!;
    for (let k = 0; k < columns; k++) row[k] = values[elements ? elements[k]! : k]!;
    pipe.push(step, row);
  });
}

function triggerTap({ on, info }: PlannedTrigger, pipe: Pipe, host: Host): Tap {
  if ("spike" in on) return spikeTrigger(on, info.size, pipe);
  return "variable" in on ? crossingTrigger(on, pipe, host) : predicateTrigger(on, pipe, host);
}

function spikeTrigger({ spike, neurons }: SpikeTrigger, size: number, pipe: Pipe): Tap {
  const isMember = memberOf(neurons, size);
  return {
    population: spike,
    spikes: (step, _sample, fired) => {
      for (let k = 0; k < fired.length; k++) if (isMember(fired[k]!)) pipe.trigger(step, fired[k]!);
    },
  };
}

function crossingTrigger({ variable: of, neuron, rises, falls }: CrossingTrigger, pipe: Pipe, host: Host): Tap {
  const reader = readerOf(of, "after", host);
  const level = rises ?? falls!;
  let before = Number.NaN; // nothing crosses from there
  const read = (step: number): void => {
    const { from, start } = reader.at(step);
    const value = from[start(0) + neuron]!;
    if (rises !== undefined ? before < level && value >= level : before > level && value <= level)
      pipe.trigger(step, neuron);
    before = value;
  };
  return {
    ...afterSteps(EACH_STEP, reader.wholeBlocks, read),
    begin: () => {
      before = Number.NaN;
    },
  };
}

function predicateTrigger({ test, every = 1 }: PredicateTrigger, pipe: Pipe, host: Host): Tap {
  const { net } = host.l;
  return beforeSteps({ ...EACH_STEP, every: stepsOfSpan(net, every, "every") }, (step) => {
    const view: RecordView = { step, t: step * net.dt, state: (name) => host.state(name) };
    if (test(view)) pipe.trigger(step, 0);
  });
}
