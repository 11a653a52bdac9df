/**
 * How recordings of events are changed from epoch to epoch, as plain data, and what each kind does.
 *
 * What is drawn depends on the seed, the epoch, the recording's number and the place in the list alone, so that neither the
 * order of samples nor the size of batches changes it.
 */
import { type Every, ModelError, requireKnown } from "../../base/errors.ts";
import { normalOf } from "../../base/laws.ts";
import type { LineStream } from "../../base/lineStream.ts";
import { quantityOf } from "../../base/quantity.ts";
import { type EventRecording, earliestOf, latestOf } from "../events/recording.ts";
import { kept, moved } from "./change.ts";

/** Moves all events by whole pixels, each axis by a number from −pixels to +pixels, evenly; what leaves the frame is gone. */
export interface Shift {
  readonly kind: "shift";
  readonly pixels: number;
}
/** With probability `p` (default 1/2) mirrors the frame along an axis, or exchanges ON and OFF. */
export interface Flip {
  readonly kind: "flip";
  readonly axis: "horizontal" | "vertical" | "polarity";
  readonly p?: number;
}
/**
 * Leaves events out: each with probability `p`; or all of one stretch of time, a share `p` of the recording's length; or all
 * of one rectangle, which has a share `p` of both sides. Where the stretch or the rectangle lies is drawn evenly.
 *
 * @see Gu et al. 2021, EventDrop, IJCAI, section 3
 */
export interface Drop {
  readonly kind: "drop";
  readonly what: "events" | "time" | "area";
  readonly p: number;
}
/**
 * Moves each event by itself, by a normal number of that standard deviation: in time (a duration, rounded to whole µs and
 * not below the first event's time; events are sorted again), or in both axes by pixels (rounded; what leaves the frame is
 * gone).
 */
export interface Jitter {
  readonly kind: "jitter";
  readonly time?: number | string;
  readonly pixels?: number;
}
/** One change of a recording. Plain data. */
export type Augmentation = Shift | Flip | Drop | Jitter;

/** Moves all events by up to so many pixels on each axis. */
export const shift = (pixels: number): Shift => ({ kind: "shift", pixels });
/** Mirrors along an axis, or exchanges ON and OFF, with probability `p`. */
export const flip = (axis: Flip["axis"], p = 0.5): Flip => ({ kind: "flip", axis, p });
/** Leaves out a share `p` of the events, of the time, or of each side of the frame. */
export const drop = (what: Drop["what"], p: number): Drop => ({ kind: "drop", what, p });
/** Moves each event by itself, in time or in space. */
export function jitter(options: Omit<Jitter, "kind">): Jitter {
  requireKnown("jitter", options, JITTER);
  return { kind: "jitter", ...options };
}
const JITTER = { time: true, pixels: true } as const satisfies Every<Omit<Jitter, "kind">>;
/** What each kind says, beside which it is. */
const MEMBERS: { readonly [K in Augmentation["kind"]]: Every<Extract<Augmentation, { kind: K }>> } = {
  shift: { kind: true, pixels: true },
  flip: { kind: true, axis: true, p: true },
  drop: { kind: true, what: true, p: true },
  jitter: { kind: true, ...JITTER },
};

/** What is drawn for one change of one recording. */
export interface Draw {
  /** In (0, 1]. */
  uniform(): number;
  /** Mean 0, standard deviation 1. */
  normal(): number;
  /** A whole number from 0 to n − 1. */
  below(n: number): number;
}
export const drawOf = (line: LineStream): Draw => ({
  uniform: () => line.uniform(),
  normal: () => normalOf(line.word()),
  below: (n) => line.below(n),
});

type Change = (recording: EventRecording, draw: Draw) => EventRecording;
type Kinds = { readonly [K in Augmentation["kind"]]: (a: Extract<Augmentation, { kind: K }>, path: string) => Change };

const KINDS: Kinds = {
  shift({ pixels }, path) {
    if (!(Number.isInteger(pixels) && pixels >= 0 && pixels < 2 ** 16))
      throw new ModelError(
        "out-of-range",
        `${path}.pixels`,
        `must be a whole number of pixels from 0 on, got ${pixels}`,
      );
    return (r, { below }) => {
      const [dx, dy] = [below(2 * pixels + 1) - pixels, below(2 * pixels + 1) - pixels];
      return moved(r, (k) => [r.x[k]! + dx, r.y[k]! + dy]);
    };
  },
  flip({ axis, p = 0.5 }, path) {
    requireShare(`${path}.p`, p);
    if (!Object.hasOwn(FLIPPED, axis))
      throw new ModelError("unknown-name", `${path}.axis`, `must be ${Object.keys(FLIPPED).join(", ")}, got '${axis}'`);
    return (r, { uniform }) => (uniform() <= p ? FLIPPED[axis](r) : r);
  },
  drop({ what, p }, path) {
    requireShare(`${path}.p`, p);
    if (!Object.hasOwn(DROPPED, what))
      throw new ModelError("unknown-name", `${path}.what`, `must be ${Object.keys(DROPPED).join(", ")}, got '${what}'`);
    return (r, draw) => DROPPED[what](r, p, draw);
  },
  jitter({ time, pixels = 0 }, path) {
    const sd = time === undefined ? 0 : microseconds(time, `${path}.time`);
    requireSpread(`${path}.pixels`, pixels, "pixels");
    return (r, draw) => inSpace(inTime(r, sd, draw), pixels, draw);
  },
};

/** What an augmentation does. @throws {ModelError} `out-of-range`, `unknown-name` naming `path` */
export function changeOf(augmentation: Augmentation, path: string): Change {
  if (!Object.hasOwn(KINDS, augmentation.kind))
    throw new ModelError(
      "unknown-name",
      `${path}.kind`,
      `must be ${Object.keys(KINDS).join(", ")}, got '${augmentation.kind}'`,
    );
  requireKnown(path, augmentation, MEMBERS[augmentation.kind]);
  return (KINDS[augmentation.kind] as (a: Augmentation, path: string) => Change)(augmentation, path);
}

const FLIPPED: Readonly<Record<Flip["axis"], (r: EventRecording) => EventRecording>> = {
  horizontal: (r) => ({ ...r, x: r.x.map((x) => r.width - 1 - x) }),
  vertical: (r) => ({ ...r, y: r.y.map((y) => r.height - 1 - y) }),
  polarity: (r) => ({ ...r, polarity: r.polarity.map((on) => 1 - on) }),
};

const DROPPED: Readonly<Record<Drop["what"], (r: EventRecording, p: number, draw: Draw) => EventRecording>> = {
  events: (r, p, { uniform }) => kept(r, () => uniform() > p),
  time(r, p, { uniform }) {
    const [first, last] = [earliestOf(r), latestOf(r)];
    const from = first + uniform() * (1 - p) * (last - first);
    const to = from + p * (last - first);
    return p === 0 ? r : kept(r, (k) => r.t[k]! < from || r.t[k]! > to);
  },
  area(r, p, { below }) {
    const [w, h] = [Math.round(p * r.width), Math.round(p * r.height)];
    const [left, top] = [below(r.width - w + 1), below(r.height - h + 1)];
    const inside = (k: number): boolean => r.x[k]! >= left && r.x[k]! < left + w && r.y[k]! >= top && r.y[k]! < top + h;
    return kept(r, (k) => !inside(k));
  },
};

function inTime(r: EventRecording, sd: number, { normal }: Draw): EventRecording {
  if (sd === 0 || r.count === 0) return r;
  const first = earliestOf(r);
  const t = r.t.map((time) => Math.max(first, Math.round(time + sd * normal())));
  const order = Uint32Array.from(t, (_, k) => k).sort((a, b) => t[a]! - t[b]! || a - b);
  return {
    ...r,
    t: t.map((_, k) => t[order[k]!]!),
    x: r.x.map((_, k) => r.x[order[k]!]!),
    y: r.y.map((_, k) => r.y[order[k]!]!),
    polarity: r.polarity.map((_, k) => r.polarity[order[k]!]!),
  };
}
function inSpace(r: EventRecording, sd: number, { normal }: Draw): EventRecording {
  if (sd === 0) return r;
  return moved(r, (k) => [Math.round(r.x[k]! + sd * normal()), Math.round(r.y[k]! + sd * normal())]);
}

function requireShare(path: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ModelError("out-of-range", path, `must be from 0 to 1, got ${p}`);
}
function requireSpread(path: string, sd: number, unit: string): void {
  if (!(sd >= 0 && sd < Number.POSITIVE_INFINITY))
    throw new ModelError("out-of-range", path, `must be a standard deviation in ${unit} from 0 on, got ${sd}`);
}
function microseconds(time: number | string, path: string): number {
  const sd = 1e6 * (typeof time === "number" ? time : quantityOf(time, [0, 0, 1, 0, 0, 0, 0], path));
  requireSpread(path, sd, "s");
  return sd;
}
