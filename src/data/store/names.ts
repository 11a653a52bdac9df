/** Names in archives: which of them may become files, and which would lead out of the folder or mean something else elsewhere. */

/** Device names and characters that Windows does not take in names. */
const WINDOWS = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|[<>:"|?*]|[. ]$/i;
/** Characters that no name needs and that lists of names cannot hold. */
const CONTROL = /\p{Cc}/u;

/**
 * Parts of the path of an entry below the folder that it goes to; undefined for one that is stripped away.
 *
 * @param strip folders at its beginning that are left out
 * @param refuse makes the error for a name that is not safe
 */
export function partsOf(
  name: string,
  strip: number,
  refuse: (problem: string) => Error,
  windows = isWindows(),
): readonly string[] | undefined {
  if (name.includes("\\") || CONTROL.test(name)) throw refuse("has a character that names must not have");
  if (name.startsWith("/") || /^[A-Za-z]:/.test(name)) throw refuse("is an absolute path");
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw refuse("leads out of the folder");
  if (windows && parts.some((part) => WINDOWS.test(part))) throw refuse("is no name on this system");
  const kept = parts.slice(strip);
  return kept.length > 0 ? kept : undefined;
}

const isWindows = (): boolean => (globalThis as { process?: { platform?: string } }).process?.platform === "win32";
