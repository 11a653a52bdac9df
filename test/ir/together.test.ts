/** Where threads that run a loop together must meet: small bodies, judged by hand. */
import { describe, expect, test } from "vitest";
import { along, type Invoke, invoke, loop, type Node, type Place, place, shifted } from "../../src/ir/program.ts";
import { joined, meetings, waitingAt } from "../../src/ir/together.ts";
import { addStep, clearStep, copyStep, deliverStep } from "../../src/sim/lower/bodies.ts";

const parts = (...body: Node[]): Node => loop("part", 4, body, { parallel: true });
const range = { first: place("parts", 0, along("part", 1)), n: place("parts", 1, along("part", 1)) };
/** Rows of a ring over the steps, `age` steps ago. */
const row = (buffer: string, age = 0): Place => place(buffer, 0, along("t", 100, { shift: 8 - age, modulo: 8 }));

/** The neurons of each part: x to out. */
const move = (x: Place, out: Place): Node =>
  parts(invoke({ kind: "perElement", step: copyStep("f32"), domain: "range" }, { x, out }, range));
/** Spikes of all parts, some steps old, add to targets of each part. */
const deliver = (list: Place, into: Place): Node => {
  const ends = { ...list, buffer: `${list.buffer}.end` };
  const call: Invoke = invoke(
    { kind: "perSynapse", domain: "rows", step: deliverStep("f32"), parts: 4 },
    { w: place("w"), in: into, rowStart: place("rowStart", 0, along("part", 1)), target: place("target"), list },
    { from: 0, to: { ...ends, terms: [...ends.terms, along("from", 1)] } },
  );
  return parts(loop("from", 4, [call]));
};
/** Writes each part's stretch of a row of a list. */
const emit = (list: Place): Node => move(place("v"), list);
const once = invoke({ kind: "perElement", step: addStep("f32") }, { x: place("a"), out: place("b") }, { n: 8 });
const inTime = (...body: Node[]) => loop("t", 10, body) as Parameters<typeof meetings>[0];

describe("threads meet", () => {
  test.each<[string, Node[], boolean[]]>([
    // One meeting a step is enough: the next step's spikes go to another row.
    ["between spikes and what reads them", [emit(row("list")), deliver(row("list"), place("v"))], [false, true, false]],
    // The older row was written before the last meeting, at the end of the step before.
    [
      "at the end of a step, where spikes are one step old",
      [deliver(row("list", 1), place("v")), emit(row("list"))],
      [false, false, true],
    ],
    [
      "before a row is written anew that another may be reading",
      [deliver(place("list"), place("v")), emit(place("list"))],
      [false, true, true],
    ],
    [
      "not for elements of their own",
      [move(place("v"), place("u")), move(place("u"), place("x"))],
      [false, false, false],
    ],
    // Nobody need wait within a step, but a thread must not be rows ahead of what another reads.
    [
      "once a step, where others read what is some steps old",
      [emit(row("list")), deliver(row("list", 3), place("v"))],
      [false, false, true],
    ],
    [
      "around what one of them does alone",
      [move(place("v"), place("u")), once, move(place("u"), place("x"))],
      [false, true, true, false],
    ],
    ["where one does everything", [once, once], [false, false, true]],
    [
      "around loops that they run together",
      [loop("u", 3, [move(place("v"), place("u"))]), once, loop("u", 3, [move(place("x"), place("y"))])],
      [false, true, true, true],
    ],
  ])("%s", (_what, body, meets) => {
    expect(meetings(inTime(...body))).toEqual(meets);
  });
});

describe("between arriving and waiting", () => {
  const bodyOf = (n: Node): readonly Node[] => (n as Extract<Node, { tag: "loop" }>).body;
  const one = (...nodes: Node[]) => inTime(parts(...nodes.flatMap(bodyOf)));
  const own = move(place("v"), place("u"));
  test.each<[string, ReturnType<typeof inTime>, number | undefined]>([
    [
      "what is a thread's own, until spikes of the last step are needed",
      one(own, own, deliver(row("list", 1), place("u")), emit(row("list"))),
      2,
    ],
    ["nothing, where those are needed first", one(deliver(row("list", 1), place("v")), own, emit(row("list"))), 0],
    ["a whole step, where they are older", one(deliver(row("list", 3), place("v")), own, emit(row("list"))), 3],
    ["nothing is to be done, where nobody meets", one(own), undefined],
    [
      "nothing is to be done, where they meet within a step, too",
      inTime(emit(row("list")), deliver(row("list"), place("v"))),
      undefined,
    ],
    ["nothing is to be done beside what one of them does alone", inTime(own, once), undefined],
  ])("%s", (_what, loop, at) => {
    expect(waitingAt(loop)).toBe(at);
  });
});

describe("parallel loops become one", () => {
  const count = (...body: Node[]): number => joined(body, "t").length;
  test("where each round needs what the same round did", () => {
    expect(count(move(place("v"), place("u")), move(place("u"), place("x")))).toBe(1);
    const clear = parts(
      invoke({ kind: "perElement", step: clearStep("f32"), domain: "range" }, { out: place("in") }, range),
    );
    expect(count(clear, deliver(row("list", 1), place("in")), move(place("in"), place("v")), emit(row("list")))).toBe(
      1,
    );
  });
  test("not where it needs what another round did", () => {
    expect(count(emit(row("list")), deliver(row("list"), place("v")))).toBe(2);
    expect(count(deliver(place("list"), place("v")), emit(place("list")))).toBe(2);
  });
  test("not across what is not parallel, nor with other rounds", () => {
    expect(count(emit(row("list")), once, emit(row("list")))).toBe(3);
    const fewer = loop("part", 3, (emit(row("list")) as { body: readonly Node[] }).body, { parallel: true });
    expect(count(emit(row("list")), fewer)).toBe(2);
  });
  test("a place some rounds away is not its own", () => {
    const neighbour = place("v", 0, along("part", 8, { shift: 3, modulo: 4 }));
    const look = parts(
      invoke(
        { kind: "perElement", step: copyStep("f32") },
        { x: neighbour, out: place("u", 0, along("part", 8)) },
        { n: 8 },
      ),
    );
    const change = parts(
      invoke(
        { kind: "perElement", step: copyStep("f32") },
        { x: shifted(place("u", 0, along("part", 8)), 0), out: place("v", 0, along("part", 8)) },
        { n: 8 },
      ),
    );
    expect(count(look, change)).toBe(2);
  });
});
