/** What the terminal can show, by its environment. */
import { type View, WIDTH } from "../report/terminal/layout.ts";

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}
type Environment = Readonly<Record<string, string | undefined>>;
const NARROWEST = 40;

export const viewOf = (env: Environment, { isTTY = false, columns = WIDTH }: Stream): View => ({
  width: isTTY && columns > 0 ? Math.max(NARROWEST, Math.min(WIDTH, columns)) : WIDTH,
  unicode: isUnicode(env),
  colour: wantsColour(env, isTTY),
});

/** FORCE_COLOR decides where it is set, as in Node; then NO_COLOR (no-color.org); then whether somebody looks. */
function wantsColour({ FORCE_COLOR, NO_COLOR, TERM }: Environment, isTTY: boolean): boolean {
  if (FORCE_COLOR !== undefined) return !["0", "false"].includes(FORCE_COLOR);
  return !NO_COLOR && isTTY && TERM !== "dumb";
}

/** The locale's, as POSIX orders its variables; Windows and macOS say nothing there and know Unicode. */
function isUnicode({ LC_ALL, LC_CTYPE, LANG, TERM }: Environment): boolean {
  if (TERM === "dumb") return false;
  const locale = LC_ALL || LC_CTYPE || LANG;
  return locale ? /utf-?8/i.test(locale) : process.platform === "win32" || process.platform === "darwin";
}
