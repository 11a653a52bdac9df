/** Forms of dates as ARFF gives them: patterns of Java's SimpleDateFormat, of which the letters for numbers are read. */
import { isoDateOf, utcOf } from "./cells.ts";

/** Weka's default; what it writes itself has no zone, and is taken as UTC. */
export const ISO_FORM = "yyyy-MM-dd'T'HH:mm:ss";

/** By letter: place among year, month, day, hour, minute, second, millisecond. */
const PLACES: Readonly<Record<string, number>> = { y: 0, M: 1, d: 2, H: 3, m: 4, s: 5, S: 6 };
const START = [1970, 1, 1, 0, 0, 0, 0];

/**
 * The reader of a form: ms since 1970 UTC, or undefined where a text does not have that form.
 *
 * @throws what `refuse` makes, for a letter that is not read, such as the name of a month (MMM) or a zone
 */
export function dateReader(form: string, refuse: (problem: string) => Error): (text: string) => number | undefined {
  if (form === ISO_FORM) return isoDateOf;
  const parts = partsOf(form, refuse);
  const pattern = new RegExp(`^${parts.map(({ pattern }) => pattern).join("")}$`);
  const places = parts.flatMap(({ place }) => (place === undefined ? [] : [place]));
  return (text) => {
    const found = pattern.exec(text);
    if (!found) return undefined;
    const moment = [...START];
    for (const [k, place] of places.entries()) moment[place] = Number(found[k + 1]);
    return utcOf(moment);
  };
}

interface Part {
  readonly pattern: string;
  readonly place?: number;
}

function partsOf(form: string, refuse: (problem: string) => Error): Part[] {
  return [...form.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']|'/g)].map(([whole, literal, letter]) => {
    if (whole === "''" || literal !== undefined) return { pattern: escaped(literal?.replaceAll("''", "'") || "'") };
    if (letter === undefined) return { pattern: escaped(whole) };
    const place = PLACES[letter];
    if (place === undefined || (letter === "M" && whole.length > 2) || (letter === "y" && whole.length !== 4))
      throw refuse(
        `the form of date '${form}' has '${whole}'; read are yyyy, MM, dd, HH, mm, ss, SSS and text in quotes`,
      );
    return { pattern: `(\\d{${whole.length}})`, place };
  });
}
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
