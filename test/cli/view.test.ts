/** Oracle: no-color.org; Node's documentation of FORCE_COLOR; POSIX's order of LC_ALL, LC_CTYPE and LANG. */
import { expect, test } from "vitest";
import { viewOf } from "../../src/cli/view.ts";

const TTY = { isTTY: true, columns: 120 };
const UTF8 = { LANG: "de_DE.UTF-8", TERM: "xterm-256color" };

test.each<[string, Record<string, string>, object, boolean]>([
  ["somebody looks", UTF8, TTY, true],
  ["nobody looks", UTF8, {}, false],
  ["NO_COLOR", { ...UTF8, NO_COLOR: "1" }, TTY, false],
  ["NO_COLOR that is empty says nothing", { ...UTF8, NO_COLOR: "" }, TTY, true],
  ["FORCE_COLOR into a pipe", { ...UTF8, FORCE_COLOR: "1" }, {}, true],
  ["FORCE_COLOR before NO_COLOR", { ...UTF8, FORCE_COLOR: "1", NO_COLOR: "1" }, TTY, true],
  ["FORCE_COLOR=0", { ...UTF8, FORCE_COLOR: "0" }, TTY, false],
  ["a terminal that can do nothing", { ...UTF8, TERM: "dumb" }, TTY, false],
])("colour: %s", (_, env, stream, wanted) => expect(viewOf(env, stream).colour).toBe(wanted));

test.each<[Record<string, string>, boolean]>([
  [UTF8, true],
  [{ LANG: "C.utf8" }, true],
  [{ LANG: "en_US.UTF-8", LC_ALL: "C" }, false],
  [{ LANG: "C", LC_CTYPE: "en_US.UTF-8" }, true],
  [{ LANG: "de_DE.ISO-8859-1" }, false],
  [{ ...UTF8, TERM: "dumb" }, false],
])("Unicode: %j", (env, unicode) => expect(viewOf(env, TTY).unicode).toBe(unicode));

test("never wider than 80 columns, as narrow as a terminal is down to 40, and 80 in a pipe", () => {
  const width = (stream: object) => viewOf(UTF8, stream).width;
  expect([width(TTY), width({ isTTY: true, columns: 60 }), width({ isTTY: true, columns: 5 }), width({})]).toEqual([
    80, 60, 40, 80,
  ]);
});
