/**
 * Where threads that run a stage together wait for each other: a barrier in the program's own memory. The last to come
 * changes the number that the others watch; they spin, and after a while park, if the host lets them.
 */
import { defineFunction, type Func } from "./code.ts";
import { MEETING, MEETING_SPINS } from "./control.js";

/** Name of the function of (threads, whether they may park). */
export const MEET = "meet";

export function meetFunction(): Func {
  const at = MEETING;
  return defineFunction(MEET, ["i32", "i32"], (f) => {
    const [threads, parks] = [0, 1];
    const [round, spins] = [f.local("i32"), f.local("i32")];
    const word = (address: number, op: string, value?: () => void): void => {
      f.i32(address);
      value?.();
      f.op(op);
    };
    const add = (address: number, by: number): void => word(address, "i32.atomic.rmw.add", () => f.i32(by));
    const changed = (): void => {
      word(at.round, "i32.atomic.load");
      f.get(round);
      f.op("i32.ne");
    };
    const park = (): void => {
      add(at.parked, 1);
      f.op("drop");
      f.i32(at.round);
      f.get(round);
      f.op("i64.const", -1n);
      f.op("memory.atomic.wait32");
      f.op("drop");
      add(at.parked, -1);
      f.op("drop");
    };
    const wait = (): void => {
      f.op("block");
      f.op("loop");
      changed();
      f.op("br_if", 1);
      f.get(spins);
      f.i32(MEETING_SPINS);
      f.op("i32.lt_s");
      f.if(
        () => f.advance(spins, 1),
        () => {
          f.get(parks);
          f.if(park);
        },
      );
      f.op("br", 0);
      f.op("end");
      f.op("end");
    };
    const release = (): void => {
      word(at.arrived, "i32.atomic.store", () => f.i32(0));
      word(at.round, "i32.atomic.store", () => {
        f.get(round);
        f.i32(1);
        f.op("i32.add");
      });
      word(at.parked, "i32.atomic.load"); // who parks after this sees that the round has changed
      f.if(() => {
        word(at.round, "memory.atomic.notify", () => f.i32(-1));
        f.op("drop");
      });
    };
    f.get(threads);
    f.i32(1);
    f.op("i32.gt_s");
    f.if(() => {
      word(at.round, "i32.atomic.load");
      f.set(round);
      add(at.arrived, 1);
      f.get(threads);
      f.i32(1);
      f.op("i32.sub");
      f.op("i32.eq");
      f.if(release, wait);
      word(at.aborted, "i32.atomic.load");
      f.if(() => f.op("unreachable")); // another thread has failed
    });
  });
}
