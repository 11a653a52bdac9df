/**
 * Where threads that run a stage together wait for each other: a barrier in the program's own memory. The last to arrive
 * changes the number that the others watch; they spin, and after a while park, if the host lets them. Between arriving and
 * waiting a thread may do what needs nobody.
 */
import { defineFunction, type Emitter, type Func } from "./code.ts";
import { MEETING, MEETING_SPINS } from "./control.js";

/** Of (threads). Before it a thread remembers which round it is (`pushRound`). */
export const ARRIVE = "arrive";
/** Of (threads, whether they may park, the round that was remembered). */
export const AWAIT = "await";
/** Both, of (threads, whether they may park). */
export const MEET = "meet";

export function meetFunctions(): Func[] {
  return [arriveFunction(), awaitFunction(), meetFunction()];
}

/** Pushes the number that changes when all have arrived. */
export const pushRound = (f: Emitter): void => word(f, MEETING.round, "i32.atomic.load");

const word = (f: Emitter, address: number, op: string, value?: () => void): void => {
  f.i32(address);
  value?.();
  f.op(op);
};
const add = (f: Emitter, address: number, by: number): void => word(f, address, "i32.atomic.rmw.add", () => f.i32(by));
/** Runs the body where threads are several. */
function ifMany(f: Emitter, threads: number, body: () => void): void {
  f.get(threads);
  f.i32(1);
  f.op("i32.gt_s");
  f.if(body);
}

function arriveFunction(): Func {
  return defineFunction(ARRIVE, ["i32"], (f) => {
    const threads = 0;
    const release = (): void => {
      word(f, MEETING.arrived, "i32.atomic.store", () => f.i32(0));
      add(f, MEETING.round, 1);
      f.op("drop");
      word(f, MEETING.parked, "i32.atomic.load"); // who parks after this sees that the round has changed
      f.if(() => {
        word(f, MEETING.round, "memory.atomic.notify", () => f.i32(-1));
        f.op("drop");
      });
    };
    ifMany(f, threads, () => {
      add(f, MEETING.arrived, 1);
      f.get(threads);
      f.i32(1);
      f.op("i32.sub");
      f.op("i32.eq");
      f.if(release);
    });
  });
}

function awaitFunction(): Func {
  return defineFunction(AWAIT, ["i32", "i32", "i32"], (f) => {
    const [threads, parks, round] = [0, 1, 2];
    const spins = f.local("i32");
    const park = (): void => {
      add(f, MEETING.parked, 1);
      f.op("drop");
      f.i32(MEETING.round);
      f.get(round);
      f.op("i64.const", -1n);
      f.op("memory.atomic.wait32");
      f.op("drop");
      add(f, MEETING.parked, -1);
      f.op("drop");
    };
    ifMany(f, threads, () => {
      f.op("block");
      f.op("loop");
      pushRound(f);
      f.get(round);
      f.op("i32.ne");
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
      word(f, MEETING.aborted, "i32.atomic.load");
      f.if(() => f.op("unreachable")); // another thread has failed
    });
  });
}

function meetFunction(): Func {
  return defineFunction(MEET, ["i32", "i32"], (f) => {
    const [threads, parks, round] = [0, 1, f.local("i32")];
    pushRound(f);
    f.set(round);
    f.get(threads);
    f.op("call", ARRIVE);
    f.get(threads, parks, round);
    f.op("call", AWAIT);
  });
}
