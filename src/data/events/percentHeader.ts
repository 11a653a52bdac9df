/** The text header of Prophesee's files: lines `% key value`, up to `% end` or the first line that does not begin so. */
import { LONGEST_HEADER, malformed, type Piece } from "./format.ts";
import type { Sensor } from "./recording.ts";

export interface PercentHeader {
  /** In lower case, to the rest of the line. */
  readonly fields: ReadonlyMap<string, string>;
  /** Where the binary data begin. */
  readonly from: number;
}

const [PERCENT, SPACE, NEWLINE] = [0x25, 0x20, 0x0a];

/**
 * @returns undefined where the header goes on after the piece, and so does the file
 * @throws {DataError} `bad-file` for no header, one without end, or one longer than a mebibyte
 */
export function percentHeader(piece: Piece, ended: boolean): PercentHeader | undefined {
  const { bytes } = piece;
  const fields = new Map<string, string>();
  let at = 0;
  for (let line = 1; ; line++) {
    if (at + 2 > bytes.length && !ended) return undefined;
    if (bytes[at] !== PERCENT || bytes[at + 1] !== SPACE) break;
    const newline = bytes.indexOf(NEWLINE, at);
    const length = (newline < 0 ? bytes.length : newline) - at;
    if (at + length > LONGEST_HEADER)
      throw malformed(piece, at, `header line ${line}`, `the header has more than ${LONGEST_HEADER} bytes`);
    if (newline < 0 && !ended) return undefined;
    if (newline < 0) throw malformed(piece, at, `header line ${line}`, "truncated: it does not end");
    const text = latin1(bytes.subarray(at + 2, newline)).trim();
    at = newline + 1;
    if (text === "end") break;
    const [key = "", ...rest] = text.split(/\s+/);
    fields.set(key.toLowerCase(), rest.join(" "));
  }
  if (fields.size === 0) throw malformed(piece, 0, "header", "expected lines that begin with '% ', found none");
  return { fields, from: at };
}

/** One character a byte: headers are ASCII, and whatever else is there must not throw. */
export const latin1 = (bytes: Uint8Array): string => {
  let text = "";
  for (let k = 0; k < bytes.length; k += 4096) text += String.fromCharCode(...bytes.subarray(k, k + 4096));
  return text;
};

/** Size by the names of Prophesee's camera plugins, where a file of older days says no more (openeb, hal plugins). */
const SENSORS: readonly (readonly [RegExp, Sensor])[] = [
  [/genx320/, { width: 320, height: 320 }],
  [/gen4|gen41|imx636|imx646/, { width: 1280, height: 720 }],
  [/gen3|gen31/, { width: 640, height: 480 }],
];

/** The size that a header says: `geometry 640x480`, `format EVT3;height=720;width=1280`, `Width` and `Height`, or a plugin. */
export function sensorOf({ fields }: PercentHeader): Sensor | undefined {
  const [geometry, format] = [fields.get("geometry"), fields.get("format")];
  const pair =
    sizes(/^(\d+)x(\d+)$/.exec(geometry ?? "")) ??
    sizes([format, /width=(\d+)/.exec(format ?? "")?.[1], /height=(\d+)/.exec(format ?? "")?.[1]]) ??
    sizes(["", fields.get("width"), fields.get("height")]);
  if (pair) return pair;
  const plugin = fields.get("plugin_name") ?? "";
  return SENSORS.find(([name]) => name.test(plugin))?.[1];
}

function sizes(found: ArrayLike<string | undefined> | null): Sensor | undefined {
  if (!found?.[1] || !found[2]) return undefined;
  return { width: Number(found[1]), height: Number(found[2]) };
}

/** Which encoding a header names: `evt 3.0`, or `format EVT3;…`; none in files of type DAT. */
export function encodingOf({ fields }: PercentHeader): string | undefined {
  const format = /^EVT[\d.]+/i.exec(fields.get("format") ?? "")?.[0];
  const evt = fields.get("evt");
  return format?.toLowerCase() ?? (evt === undefined ? undefined : `evt${evt.replace(/\.0$/, "")}`);
}

/** @throws {DataError} `unsupported` unless the header names this encoding, such as `evt2` */
export function requireEncoding(piece: Piece, header: PercentHeader, encoding: string): void {
  const named = encodingOf(header);
  if (named === encoding) return;
  const found = named === undefined ? "names none" : `says ${named}`;
  throw malformed(piece, 0, "header", `expected the encoding ${encoding}, the header ${found}`, "unsupported");
}
