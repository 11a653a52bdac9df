/** Lists of rows to lists of steps: a counting sort in two passes over the entries. */
import type { KernelOf } from "../../ir/program.ts";
import { BYTES } from "../../ir/types.ts";
import type { KernelContext } from "./kernel.ts";
import { pushScaled } from "./tiles.ts";

/** While sorting, `starts[r + 1]` is first the number of row r's entries, then where its next entry goes. */
export function transposeLists(k: KernelOf<"transposeLists">, c: KernelContext): void {
  clearStarts(k, c);
  overGroups(k, c, (group) => countEntries(c, group));
  sumUp(k, c);
  overGroups(k, c, (group) => placeEntries(k, c, group));
}

function clearStarts(k: KernelOf<"transposeLists">, { f, ptr }: KernelContext): void {
  f.get(ptr("starts"));
  f.i32(0);
  f.i32(4 * (k.rows + 1));
  f.op("memory.fill");
}

/** Locals of a group: byte addresses of its list, ends and values, and the number of its first step. */
interface Group {
  readonly list: number;
  readonly ends: number;
  readonly values: number;
  readonly number: number;
}
function overGroups(k: KernelOf<"transposeLists">, c: KernelContext, body: (group: Group) => void): void {
  const { f } = c;
  const g = f.local("i32");
  const group = { list: f.local("i32"), ends: f.local("i32"), values: f.local("i32"), number: f.local("i32") };
  const at = (local: number, base: number, bytes: number): void => {
    pushScaled(f, base, g, bytes);
    f.set(local);
  };
  f.i32(0);
  f.set(g);
  f.upTo(
    g,
    () => c.pushCount("groups"),
    1,
    () => {
      at(group.list, c.ptr("list"), 4 * k.listStride);
      at(group.ends, c.ptr("ends"), 4 * k.endsStride);
      if (k.valued) at(group.values, c.ptr("values"), BYTES[k.type] * k.listStride);
      f.get(g);
      f.i32(k.numberStride);
      f.op("i32.mul");
      f.set(group.number);
      body(group);
    },
  );
}

/** Sets a local to the address of the list entry that `ends` of step s names. */
function entryOf(c: KernelContext, { list, ends }: Group, step: () => void, local: number): void {
  const { f } = c;
  f.get(list, ends);
  step();
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.op("i32.load", 0);
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(local);
}
/** Sets a local to the address of `starts[row]` of the list entry at `e`; the one after it is the row's own. */
function startOf(c: KernelContext, e: number, local: number): void {
  const { f } = c;
  f.get(c.ptr("starts"), e);
  f.op("i32.load", 0);
  f.i32(4);
  f.op("i32.mul");
  f.op("i32.add");
  f.set(local);
}

/** The lists of a group's steps follow one another. */
function countEntries(c: KernelContext, group: Group): void {
  const { f } = c;
  const [e, end, start] = [f.local("i32"), f.local("i32"), f.local("i32")];
  entryOf(c, group, () => f.i32(0), e);
  entryOf(c, group, () => c.pushCount("steps"), end);
  f.upTo(
    e,
    () => f.get(end),
    4,
    () => {
      startOf(c, e, start);
      f.get(start, start);
      f.op("i32.load", 4);
      f.i32(1);
      f.op("i32.add");
      f.op("i32.store", 4);
    },
  );
}

function sumUp(k: KernelOf<"transposeLists">, c: KernelContext): void {
  const { f } = c;
  const [p, end, sum, count] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
  f.get(c.ptr("starts"));
  f.tee(p);
  f.i32(4 * k.rows);
  f.op("i32.add");
  f.set(end);
  f.upTo(
    p,
    () => f.get(end),
    4,
    () => {
      f.get(p);
      f.op("i32.load", 4);
      f.set(count);
      f.get(p, sum);
      f.op("i32.store", 4);
      f.get(sum, count);
      f.op("i32.add");
      f.set(sum);
    },
  );
}

function placeEntries(k: KernelOf<"transposeLists">, c: KernelContext, group: Group): void {
  const { f } = c;
  const [s, e, end] = [f.local("i32"), f.local("i32"), f.local("i32")];
  f.i32(0);
  f.set(s);
  entryOf(c, group, () => f.i32(0), e);
  f.upTo(
    s,
    () => c.pushCount("steps"),
    1,
    () => {
      f.get(s);
      f.i32(1);
      f.op("i32.add");
      f.set(s);
      entryOf(c, group, () => f.get(s), end);
      f.advance(s, -1);
      f.upTo(
        e,
        () => f.get(end),
        4,
        () => placeEntry(k, c, group, e),
      );
      f.advance(group.number, 1);
    },
  );
}
function placeEntry(k: KernelOf<"transposeLists">, c: KernelContext, group: Group, e: number): void {
  const { f } = c;
  const [start, position] = [f.local("i32"), f.local("i32")];
  startOf(c, e, start);
  f.get(start);
  f.op("i32.load", 4);
  f.set(position);
  pushScaled(f, c.ptr("order"), position, 4);
  f.get(group.number);
  f.op("i32.store", 0);
  if (k.valued) moveValue(k, c, group, e, position);
  f.get(start, position);
  f.i32(1);
  f.op("i32.add");
  f.op("i32.store", 4);
}
/** `sorted[position] = ` the value beside the list entry at `e` */
function moveValue(k: KernelOf<"transposeLists">, c: KernelContext, group: Group, e: number, position: number): void {
  const { f } = c;
  const bytes = BYTES[k.type];
  pushScaled(f, c.ptr("sorted"), position, bytes);
  f.get(group.values, e, group.list);
  f.op("i32.sub");
  f.i32(bytes / 4);
  f.op("i32.mul");
  f.op("i32.add");
  f.op(`${k.type}.load`, 0);
  f.op(`${k.type}.store`, 0);
}
