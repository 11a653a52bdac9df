/** What the text of a cell means. */

/** A number in decimal, or an infinity; undefined if the text is none. Nothing else that `Number` takes (hexadecimal, spaces). */
export function numberOf(text: string, decimal: "." | "," = "."): number | undefined {
  if (DECIMAL[decimal].test(text)) return Number(decimal === "." ? text : text.replace(",", "."));
  const infinity = INFINITY.exec(text);
  return infinity ? (infinity[1] === "-" ? -Infinity : Infinity) : undefined;
}
const DECIMAL = {
  ".": /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/,
  ",": /^[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?$/,
} as const;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;

/**
 * A date of ISO 8601, with or without a time of day and a zone, as ms since 1970; undefined if the text is none. Without a
 * zone it is taken as UTC, so that a table means the same on every machine. Digits past the millisecond are cut off.
 */
export function isoDateOf(text: string): number | undefined {
  const parts = ISO.exec(text);
  if (!parts) return undefined;
  const [, y, mo, d, h = "0", mi = "0", s = "0", fraction = "", zone = "Z"] = parts;
  const utc = utcOf([y, mo, d, h, mi, s, fraction.padEnd(3, "0").slice(0, 3)].map(Number));
  return utc === undefined ? undefined : utc - zoneOf(zone);
}
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** Undefined if there is no such moment. @param parts year, month from 1, day, hour, minute, second, millisecond */
export function utcOf(parts: readonly number[]): number | undefined {
  const [y = NaN, mo = 1, d = 1, h = 0, mi = 0, s = 0, ms = 0] = parts;
  const date = new Date(Date.UTC(y, mo - 1, d, h, mi, s, ms));
  const right =
    date.getUTCFullYear() === y && date.getUTCMonth() === mo - 1 && date.getUTCDate() === d && h < 24 && mi < 60;
  return right && s < 60 ? date.getTime() : undefined;
}

/** ms that a zone is ahead of UTC. */
function zoneOf(zone: string): number {
  if (zone === "Z") return 0;
  const minutes = 60 * Number(zone.slice(1, 3)) + Number(zone.slice(-2));
  return (zone[0] === "-" ? -1 : 1) * minutes * 60_000;
}

/** For messages: what was found, cut where it is long. */
export const quoted = (text: string): string => `'${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`;
