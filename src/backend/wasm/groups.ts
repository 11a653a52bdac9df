/**
 * Sources that go together through windows: they share a row of weights, or a target, which then moves once for all of them.
 * Sources of one channel are brought together by a counting sort of a stretch of the list; those of one position are
 * neighbours anyway. Whatever goes together, each sum takes its sources in their order.
 */
import type { KernelOf } from "../../ir/program.ts";
import { groupSources, sourceCount, stretchLength, type Windows } from "../../ir/windows.ts";
import type { Emitter } from "./code.ts";
import type { KernelContext } from "./kernel.ts";
import { divided, type Entry, entryLocals, lookUp } from "./reach.ts";
import { sortChannels } from "./sortChannels.ts";
import { pushScaled } from "./tiles.ts";

export type Through = KernelOf<"scatterWindows" | "windowDots" | "outerWindows">;

/** Locals of a source. */
export interface Member {
  /** Its place in the list; where there is none, its number. */
  readonly entry: number;
  readonly source: number;
  readonly channel: number;
  /** What windows join its position to. */
  readonly down: Entry;
  readonly right: Entry;
}

/** Which sources go together. */
export interface Grouping {
  /** Those of one channel that windows reach in one way, or those of one position and group of channels. */
  readonly common: "channel" | "position";
  /** How many at most: as many, or a power of two below that. */
  readonly most: 1 | 2 | 4 | 8;
}

/** Runs the body, which is written once for each size, for every group: its members in their order. */
export function overGroups(
  k: Through,
  c: KernelContext,
  g: Grouping,
  body: (members: readonly Member[]) => void,
): void {
  const { f } = c;
  const e = f.local("i32");
  const begin = (push: () => void): void => {
    push();
    f.set(e);
  };
  if (!k.listed) {
    begin(() => f.i32(0));
    const read = (at: number, m: Member): void => numberedByChannel(f, k.windows, at, m);
    return groups(k, c, g, { e, end: () => f.i32(sourceCount(k.windows)), read }, body);
  }
  const sourceOf = (m: Member): void => {
    pushScaled(f, c.ptr("list"), m.entry, 4);
    f.op("i32.load", 0);
    f.set(m.source);
  };
  if (g.most === 1 || g.common === "position" || k.windows.sources === 1) {
    begin(() => c.pushCount("from"));
    const read = (at: number, m: Member): void => {
      f.get(at);
      f.set(m.entry);
      sourceOf(m);
    };
    return groups(k, c, g, { e, end: () => c.pushCount("to"), read }, body);
  }
  overStretches(k.windows, c, (length) => {
    begin(() => f.i32(0));
    const read = (at: number, m: Member): void => {
      pushScaled(f, c.ptr("order"), at, 4);
      f.op("i32.load", 0);
      f.set(m.entry);
      sourceOf(m);
    };
    groups(k, c, g, { e, end: () => f.get(length), read }, body);
  });
}

/** Where sources come from: a local runs to an end, and at each place one is read. */
interface Sequence {
  readonly e: number;
  readonly end: () => void;
  readonly read: (at: number, m: Member) => void;
}

/** All sources, channel after channel. */
function numberedByChannel(f: Emitter, w: Windows, at: number, m: Member): void {
  const [channel, pixel] = [f.local("i32"), f.local("i32")];
  divided(f, at, w.rows.source * w.columns.source, channel, pixel);
  f.get(pixel);
  f.i32(w.sources);
  f.op("i32.mul");
  f.get(channel);
  f.op("i32.add");
  f.tee(m.source);
  f.set(m.entry);
}

function groups(
  k: Through,
  c: KernelContext,
  { common, most }: Grouping,
  s: Sequence,
  body: (members: readonly Member[]) => void,
): void {
  const { f } = c;
  const first = member(f);
  const others = Array.from({ length: most - 1 }, () =>
    // Those of one position are looked up with the first.
    common === "channel" ? member(f) : member(f, first.down, first.right),
  );
  const [size, at] = [f.local("i32"), f.local("i32")];
  /** Runs the body if the next ones, from number `from` to `to`, are there and go with the first. */
  const join = (from: number, to: number, then: () => void): void => {
    f.get(s.e);
    f.i32(to);
    f.op("i32.add");
    s.end();
    f.op("i32.lt_s");
    f.if(() => {
      for (let n = from; n <= to; n++) {
        const m = others[n - 1]!;
        f.get(s.e);
        f.i32(n);
        f.op("i32.add");
        f.set(at);
        s.read(at, m);
        if (common === "channel") locate(k.windows, c, m);
        goesWith(f, k.windows, common, first, m);
        if (n > from) f.op("i32.and");
      }
      f.if(then);
    });
  };
  const sized = (n: number): void => {
    f.i32(n);
    f.set(size);
  };
  f.while(
    () => {
      f.get(s.e);
      s.end();
      f.op("i32.lt_s");
    },
    () => {
      s.read(s.e, first);
      locate(k.windows, c, first);
      sized(1);
      const grow = (n: number): void => {
        if (n === most) return;
        join(n, 2 * n - 1, () => {
          sized(2 * n);
          grow(2 * n);
        });
      };
      grow(1);
      const from = (n: number): void => {
        if (n === 1) return body([first]);
        f.get(size);
        f.i32(n);
        f.op("i32.eq");
        f.if(
          () => body([first, ...others].slice(0, n)),
          () => from(n / 2),
        );
      };
      from(most);
      f.get(s.e, size);
      f.op("i32.add");
      f.set(s.e);
    },
  );
}
const member = (f: Emitter, down = entryLocals(f), right = entryLocals(f)): Member => ({
  entry: f.local("i32"),
  source: f.local("i32"),
  channel: f.local("i32"),
  down,
  right,
});

/** From its number: its channel, and what windows join its position to. */
function locate(w: Windows, c: KernelContext, m: Member): void {
  const { f } = c;
  const [pixel, row, column] = [f.local("i32"), f.local("i32"), f.local("i32")];
  divided(f, m.source, w.sources, pixel, m.channel);
  divided(f, pixel, w.columns.source, row, column);
  lookUp(c, row, 0, m.down);
  lookUp(c, column, w.rows.source, m.right);
}
/** Pushes whether a source goes with the first. */
function goesWith(f: Emitter, w: Windows, common: Grouping["common"], first: Member, m: Member): void {
  if (common === "position") {
    // Its channel follows from that of the first; channels of other positions are none of the group's.
    f.get(m.source, first.source);
    f.op("i32.sub");
    f.get(first.channel);
    f.op("i32.add");
    f.tee(m.channel);
    if (w.groups > 1) {
      const size = groupSources(w);
      f.get(first.channel, first.channel);
      f.i32(size);
      f.op("i32.rem_u");
      f.op("i32.sub");
      f.op("i32.sub");
    }
    f.i32(groupSources(w));
    return f.op("i32.lt_u");
  }
  const pairs = [
    [first.channel, m.channel],
    [first.down.count, m.down.count],
    [first.down.position, m.down.position],
    [first.right.count, m.right.count],
    [first.right.position, m.right.position],
  ] as const;
  pairs.forEach(([a, b], n) => {
    f.get(a, b);
    f.op("i32.xor");
    if (n > 0) f.op("i32.or");
  });
  f.op("i32.eqz");
}

/** Runs the body for stretches of the list, sorted by channel into `order`, with a local that holds their length. */
function overStretches(w: Windows, c: KernelContext, body: (length: number) => void): void {
  const { f } = c;
  const [base, length, starts] = [f.local("i32"), f.local("i32"), f.local("i32")];
  f.get(c.ptr("order"));
  f.i32(4 * stretchLength(w));
  f.op("i32.add");
  f.set(starts);
  c.pushCount("from");
  f.set(base);
  f.upTo(
    base,
    () => c.pushCount("to"),
    stretchLength(w),
    () => {
      c.pushCount("to");
      f.get(base);
      f.op("i32.sub");
      f.tee(length);
      f.i32(stretchLength(w));
      f.get(length);
      f.i32(stretchLength(w));
      f.op("i32.lt_s");
      f.op("select");
      f.set(length);
      sortStretch(w, c, { base, length, starts });
      body(length);
    },
  );
}

interface Stretch {
  /** Locals: its first place in the list, how many there are, and the address of where those of each channel begin. */
  readonly base: number;
  readonly length: number;
  readonly starts: number;
}
function sortStretch(w: Windows, c: KernelContext, { base, length, starts }: Stretch): void {
  const { f } = c;
  const [e, place, at] = [f.local("i32"), f.local("i32"), f.local("i32")];
  const each = (body: () => void): void => {
    f.i32(0);
    f.set(e);
    f.upTo(
      e,
      () => f.get(length),
      1,
      () => {
        f.get(base, e);
        f.op("i32.add");
        f.set(place);
        f.get(starts);
        pushScaled(f, c.ptr("list"), place, 4);
        f.op("i32.load", 0);
        f.i32(w.sources);
        f.op("i32.rem_u");
        f.i32(4);
        f.op("i32.mul");
        f.op("i32.add");
        f.set(at);
        body();
      },
    );
  };
  sortChannels({ channels: w.sources, starts, at, each, pushNoted: () => f.get(place) }, c);
}
