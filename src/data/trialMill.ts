/**
 * The trials of `bernoulli.ts` for many features at once, compiled: four features side by side in WebAssembly's vectors, with the
 * same words of Philox and the same outcomes. Drawing spikes is the larger part of encoding pictures by chance.
 */
import { defineFunction, type Emitter } from "../backend/wasm/code.ts";
import { encode } from "../backend/wasm/encode.ts";
import { PHILOX } from "../base/philox.ts";
import { BLOCKS } from "./bernoulli.ts";

/** What one call needs beside features and thresholds. */
export interface TrialCall {
  readonly sample: number;
  readonly epoch: number;
  readonly chunk: number;
  readonly lanes: number;
  readonly seed: number;
  readonly stream: number;
}
export interface TrialMill {
  /** Numbers of the features, and their thresholds below 2^32: the caller writes them. */
  readonly features: Uint32Array;
  readonly thresholds: Uint32Array;
  /** Outcomes of the first `count` features, at most `ROOM`, one word each, until the next call. */
  readonly masks: Int32Array;
  run(count: number, call: TrialCall): void;
}

const LANES = 4;

/** The words of `v` times a constant, low and high halves of the products in two locals. */
function multiply(f: Emitter, v: number, by: number, low: number, high: number): void {
  const [even, odd] = [f.local("v128"), f.local("v128")];
  for (const [half, to] of [
    ["low", even],
    ["high", odd],
  ] as const) {
    f.get(v);
    f.op("v128.const", "i32x4", [by, by, by, by]);
    f.op(`i64x2.extmul_${half}_i32x4_u`);
    f.set(to);
  }
  for (const [first, to] of [
    [0, low],
    [4, high],
  ] as const) {
    f.get(even, odd);
    f.op(
      "i8x16.shuffle",
      [0, 8, 16, 24].flatMap((word) => [0, 1, 2, 3].map((byte) => word + first + byte)),
    );
    f.set(to);
  }
}

function trialFunction(): Uint8Array<ArrayBuffer> {
  const params = ["features", "thresholds", "masks", "end", ...CALL] as const;
  const at = (name: (typeof params)[number]): number => params.indexOf(name);
  const made = defineFunction(
    "trials",
    params.map(() => "i32"),
    (f) => {
      const vector = (): number => f.local("v128");
      const [bits, undecided, hits, top] = [vector(), vector(), vector(), vector()];
      const c = [vector(), vector(), vector(), vector()] as const;
      const [low0, high0, low1, high1] = [vector(), vector(), vector(), vector()];
      const block = f.local("i32");
      const splat = (local: number): void => {
        f.get(local);
        f.op("i32x4.splat");
      };
      /** A key of some round: `k + round · increment` in all lanes. */
      const key = (name: "seed" | "stream", increment: number): void => {
        f.get(at(name));
        f.i32(increment);
        f.op("i32.add");
        f.op("i32x4.splat");
      };
      const begin = (): void => {
        f.get(at("features"));
        f.op("v128.load", 0);
        f.set(c[0]);
        splat(at("sample"));
        f.set(c[1]);
        splat(at("epoch"));
        f.set(c[2]);
        f.get(at("chunk"), block);
        f.op("i32.add");
        f.op("i32x4.splat");
        f.set(c[3]);
      };
      const round = (r: number): void => {
        const [m0, m1] = PHILOX.multipliers;
        const [i0, i1] = PHILOX.increments;
        multiply(f, c[0], m0 | 0, low0, high0);
        multiply(f, c[2], m1 | 0, low1, high1);
        f.get(high1, c[1]);
        f.op("v128.xor");
        key("seed", Math.imul(r, i0));
        f.op("v128.xor");
        f.set(c[0]);
        f.get(high0, c[3]);
        f.op("v128.xor");
        key("stream", Math.imul(r, i1));
        f.op("v128.xor");
        f.set(c[2]);
        f.get(low1);
        f.set(c[1]);
        f.get(low0);
        f.set(c[3]);
      };
      /** One bit of each trial's number against that of the threshold. */
      const decide = (word: number): void => {
        f.get(bits);
        f.i32(31);
        f.op("i32x4.shr_s");
        f.set(top);
        // hits |= top & undecided & ~word
        f.get(hits, undecided, word);
        f.op("v128.andnot");
        f.get(top);
        f.op("v128.and");
        f.op("v128.or");
        f.set(hits);
        // undecided &= top ? word : ~word
        f.get(undecided, word, top);
        f.op("v128.xor");
        f.op("v128.not");
        f.op("v128.and");
        f.set(undecided);
        f.get(bits);
        f.i32(1);
        f.op("i32x4.shl");
        f.set(bits);
      };
      f.upTo(
        at("features"),
        () => f.get(at("end")),
        4 * LANES,
        () => {
          f.get(at("thresholds"));
          f.op("v128.load", 0);
          f.set(bits);
          splat(at("lanes"));
          f.set(undecided);
          f.op("v128.const", "i32x4", [0, 0, 0, 0]);
          f.set(hits);
          f.i32(0);
          f.set(block);
          f.op("loop");
          begin();
          for (let r = 0; r < PHILOX.rounds; r++) round(r);
          for (const word of c) decide(word);
          f.advance(block, 1);
          f.get(undecided);
          f.op("v128.any_true");
          f.get(block);
          f.i32(BLOCKS);
          f.op("i32.lt_s");
          f.op("i32.and");
          f.op("br_if", 0);
          f.op("end");
          f.get(at("masks"), hits);
          f.op("v128.store", 0);
          f.advance(at("thresholds"), 4 * LANES);
          f.advance(at("masks"), 4 * LANES);
        },
      );
    },
    { exported: true },
  );
  return encode({ functions: [made], pages: 1 });
}
const CALL = ["sample", "epoch", "chunk", "lanes", "seed", "stream"] as const satisfies readonly (keyof TrialCall)[];

/** Features that there is room for in a page of memory, beside their thresholds and outcomes. */
export const ROOM = 4096;
let made: TrialMill | undefined;

/** There is one, for all: it keeps nothing from one call to the next. */
export function trialMill(): TrialMill {
  made ??= newMill();
  return made;
}
function newMill(): TrialMill {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(trialFunction()), { env: { memory } });
  const { trials } = exports as { trials: (...numbers: number[]) => void };
  return {
    features: new Uint32Array(memory.buffer, 0, ROOM),
    thresholds: new Uint32Array(memory.buffer, 4 * ROOM, ROOM),
    masks: new Int32Array(memory.buffer, 8 * ROOM, ROOM),
    run: (count, { sample, epoch, chunk, lanes, seed, stream }) =>
      trials(0, 4 * ROOM, 8 * ROOM, 4 * count, sample, epoch, chunk * BLOCKS, lanes, seed, stream),
  };
}
