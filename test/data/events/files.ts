/** Writers of small event files, from the published formats. They share no code with the readers. */
export interface Event {
  readonly t: number;
  readonly x: number;
  readonly y: number;
  readonly p: number;
}

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));
const little = (size: number, value: number | bigint): number[] =>
  Array.from({ length: size }, (_, k) => Number((BigInt(value) >> BigInt(8 * k)) & 255n));
export const bytes = (...parts: (readonly number[] | string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? ascii(part) : [...part])));
export const u16 = (...values: number[]): number[] => values.flatMap((v) => little(2, v));
export const u32 = (...values: number[]): number[] => values.flatMap((v) => little(4, v));

/** x, y, then polarity and 23 bits of time, highest first; y = 240 adds 2^13 to all times that follow. */
export function nmnistFile(events: readonly Event[]): Uint8Array {
  const out: number[] = [];
  let overflow = 0;
  for (const { t, x, y, p } of events) {
    for (; t - overflow >= 2 ** 23; overflow += 2 ** 13) out.push(0, 240, 0, 0, 0);
    const word = p * 2 ** 23 + (t - overflow);
    out.push(x, y, word >>> 16, (word >>> 8) & 255, word & 255);
  }
  return Uint8Array.from(out);
}

export const EVT2_HEADER = "% Date 2020-01-01 00:00:00\n% evt 2.0\n% geometry 640x480\n";
export function evt2File(events: readonly Event[], header = EVT2_HEADER): Uint8Array {
  const words: number[] = [];
  let last = -1;
  for (const { t, x, y, p } of events) {
    const high = Math.floor(t / 64) % 2 ** 28;
    if (high !== last) words.push(0x8 * 2 ** 28 + high);
    last = high;
    if (x % 3 === 0) words.push(0xa0000100, 0xe0000000, 0xf0000000); // a trigger and others, to pass over
    words.push(p * 2 ** 28 + (t % 64) * 2 ** 22 + x * 2 ** 11 + y);
  }
  return bytes(header, u32(...words));
}

export const EVT3_HEADER = "% evt 3.0\n% format EVT3;height=720;width=1280\n% end\n";
/** Neighbours of one row, time and polarity become vectors. */
export function evt3File(events: readonly Event[], header = EVT3_HEADER): Uint8Array {
  const words: number[] = [];
  let [high, low, row] = [-1, -1, -1];
  for (let k = 0; k < events.length; ) {
    const { t, x, y, p } = events[k]!;
    const [newHigh, newLow] = [Math.floor(t / 4096) % 4096, t % 4096];
    if (newHigh !== high) words.push(0x8000 + newHigh);
    if (newHigh !== high || newLow !== low) words.push(0x6000 + newLow);
    if (y !== row) words.push(y);
    [high, low, row] = [newHigh, newLow, y];
    if (x % 3 === 0) words.push(0xa001, 0xe000, 0x7001, 0xf002); // a trigger and others, to pass over
    let mask = 1;
    let next = k + 1;
    for (let e = events[next]; e && e.t === t && e.y === y && e.p === p && e.x < x + 20; e = events[++next]) {
      if (mask >= 2 ** (e.x - x)) break;
      mask += 2 ** (e.x - x);
    }
    if (next === k + 1) words.push(0x2000 + p * 2048 + x);
    else {
      words.push(0x3000 + p * 2048 + x);
      words.push(0x4000 + (mask % 4096));
      if (mask >= 4096) words.push(0x5000 + Math.floor(mask / 4096));
    }
    k = next;
  }
  return bytes(header, u16(...words));
}

export const DAT_HEADER = "% Version 2\n% Width 304\n% Height 240\n";
export const datFile = (events: readonly Event[], header = DAT_HEADER): Uint8Array =>
  bytes(header, [0x0c, 8], u32(...events.flatMap(({ t, x, y, p }) => [t % 2 ** 32, x + y * 2 ** 14 + p * 2 ** 28])));

export const AEDAT3_HEADER = "#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n";
const packet3 = (kind: number, overflow: number, records: readonly (readonly number[])[]): number[] => [
  ...u16(kind, 1),
  ...u32(8, 4, overflow, records.length, records.length, records.length),
  ...records.flat(),
];
/** Packets of up to seven events; between them packets of special events, and events that are not valid. */
export function aedat3File(events: readonly Event[], header = AEDAT3_HEADER): Uint8Array {
  const out: number[] = [];
  const word = ({ x, y, p }: Event, valid: number): number => valid + 2 * p + 4 * y + x * 2 ** 17;
  for (let k = 0; k < events.length; ) {
    const overflow = Math.floor(events[k]!.t / 2 ** 31);
    const some = events.slice(k, k + 7).filter(({ t }) => Math.floor(t / 2 ** 31) === overflow);
    const records = some.map((e) => u32(word(e, 1), e.t % 2 ** 31));
    const invalid = u32(word(some[0]!, 0), 5);
    out.push(
      ...packet3(0, overflow, [u32(1, 2)]),
      ...packet3(1, overflow, [invalid, ...records]),
      ...packet3(2, 0, []),
    );
    k += some.length;
  }
  return bytes(header, out);
}

/** The FlatBuffer of some events, behind its size. */
export function evtsBuffer(events: readonly Event[]): number[] {
  const structs = events.flatMap(({ t, x, y, p }) => [...little(8, t), ...u16(x, y), p, 0, 0, 0]);
  const buffer = [...u32(16), ...ascii("EVTS"), ...u16(6, 8, 4, 0), ...u32(8, 4, events.length), ...structs];
  return [...u32(buffer.length), ...buffer];
}
const INFO = `<dv version="2.0"><node name="outInfo" path="/a/outInfo/">
  <node name="1" path="/a/outInfo/1/"><attr key="typeIdentifier" type="string">IMUS</attr><node name="info" path="/"/></node>
  <node name="4" path="/a/outInfo/4/"><attr key="typeIdentifier" type="string">EVTS</attr>
    <node name="info" path="/a/outInfo/4/info/"><attr key="sizeX" type="int">346</attr><attr key="sizeY" type="int">260</attr></node>
  </node></node></dv>`;

export interface Aedat4Parts {
  readonly compression?: number;
  readonly compress?: (buffer: number[]) => ArrayLike<number>;
  readonly info?: string;
  /** Without it the file says that it was not finished. */
  readonly table?: boolean;
}
/** Packets of up to fifty events of stream 4, with packets of stream 1 between them. */
export function aedat4File(
  events: readonly Event[],
  { compression = 0, compress = (x) => x, info = INFO, table = true }: Aedat4Parts = {},
): Uint8Array {
  const packets: number[] = [];
  for (let k = 0; k < events.length; k += 50) {
    const body = Array.from(compress(evtsBuffer(events.slice(k, k + 50))));
    packets.push(...u32(1, 3), 9, 9, 9, ...u32(4, body.length), ...body);
  }
  const header = (at: number): number[] => {
    const vtable = u16(10, 20, 4, 8, 16, 0, 0, 0); // its last six bytes are padding
    const body = [...u32(16, compression), ...little(8, at), ...u32(4)];
    const buffer = [...u32(24), ...ascii("IOHE"), ...vtable, ...body, ...u32(info.length), ...ascii(info), 0];
    return [...u32(buffer.length), ...buffer];
  };
  const size = header(-1).length + packets.length + 14;
  return bytes("#!AER-DAT4.0\r\n", header(table ? size : -1), packets, table ? [1, 2, 3, 4, 5] : []);
}

/** A frame of stored blocks of at most a kilobyte, linked, without any checksum but that of the header, which is given. */
export function lz4Stored(buffer: readonly number[]): number[] {
  const out = [...u32(0x184d2204), 0x40, 0x40, 0xc0];
  for (let k = 0; k < buffer.length; k += 1000) {
    const block = buffer.slice(k, k + 1000);
    out.push(...u32(0x80000000 + block.length), ...block);
  }
  return [...out, ...u32(0)];
}
/** A frame of one raw block, with its size in 4 bytes. @see RFC 8878 */
export const zstdRaw = (buffer: readonly number[]): number[] => [
  ...[...u32(0xfd2fb528), 0xa0, ...u32(buffer.length)],
  ...little(3, buffer.length * 8 + 1),
  ...buffer,
];
