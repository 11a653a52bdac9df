/** From addresses of 32 bits to addresses of 64: small functions whose results are known, in a memory of 9 GiB. */
import { beforeAll, expect, test } from "vitest";
import { defineFunction, type Emitter, type Func } from "../../src/backend/wasm/code.ts";
import { encode } from "../../src/backend/wasm/encode.ts";
import { createMemory } from "../../src/backend/wasm/memory.ts";
import { Widener } from "../../src/backend/wasm/widen.ts";
import { needMemory64 } from "./memory64.ts";

const GIB = 2 ** 30;
const shape = { pages: (9 * GIB) / 65536, shared: false, addressBits: 64 } as const;
let memory: WebAssembly.Memory;
beforeAll(() => {
  needMemory64();
  memory = createMemory("test", shape);
});
const word = (address: number): Uint32Array => new Uint32Array(memory.buffer, address, 1);

const widened = (...functions: Func[]): Func[] => {
  const widener = new Widener();
  return functions.map((f) => widener.widen(f));
};
/** Runs a function of no parameters, the last of some. */
function run(...functions: Func[]): void {
  const module = new WebAssembly.Module(encode({ functions: widened(...functions), ...shape }));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports.main as () => void)();
}
const main = (build: (f: Emitter) => void): Func => defineFunction("main", [], build, { exported: true });
/** A function of an address and a number. */
const kernel = (build: (f: Emitter) => void): Func => defineFunction("kernel", ["i32", "i32"], build, { addresses: 1 });
/** Calls it with an address that is known, and a number. */
const calling = (address: number, n: number): Func =>
  main((f) => {
    f.address(address);
    f.i32(n);
    f.op("call", "kernel");
  });

test("an address constant and an offset of the instruction, both beyond 4 GiB", () => {
  run(
    main((f) => {
      f.address(5 * GIB);
      f.i32(7);
      f.op("i32.store", 3 * GIB);
    }),
  );
  expect(word(8 * GIB)[0]).toBe(7);
});

test("a product that passes 2^32 before it is added, at once and by way of a local", () => {
  run(
    kernel((f) => {
      const offset = f.local("i32");
      f.get(1);
      f.i32(1024);
      f.op("i32.mul");
      f.set(offset);
      f.get(0, offset);
      f.op("i32.add");
      f.get(0, 1);
      f.i32(10);
      f.op("i32.shl");
      f.op("i32.add");
      f.op("i32.load", 4);
      f.op("i32.store", 0);
    }),
    calling(64, (word(64 + 6 * GIB + 4)[0] = 6 * 2 ** 20)),
  );
  expect(word(64 + 6 * GIB)[0]).toBe(6 * 2 ** 20);
});

test("a number of bytes that grows past 2^32 in a local, beside what it may not reach", () => {
  run(
    kernel((f) => {
      const [column, end] = [f.local("i32"), f.local("i32")];
      f.get(1);
      f.i32(6 * 2 ** 20);
      f.op("i32.mul");
      f.set(end); // 6 GiB
      f.upTo(
        column,
        () => f.get(end),
        2 ** 30,
        () => {
          f.get(0, column);
          f.op("i32.add");
          f.i32(19);
          f.op("i32.store", 0);
        },
      );
    }),
    calling(192, 1024),
  );
  expect([...Array(8).keys()].map((k) => word(192 + k * GIB)[0])).toEqual([19, 19, 19, 19, 19, 19, 0, 0]);
});

test("words that are loaded count from 0 to 2^32, numbers that may be negative as they are", () => {
  word(128)[0] = (3 * 2 ** 30) / 2; // an unsigned number of words, 6 GiB
  word(132)[0] = -3;
  run(
    kernel((f) => {
      f.get(0, 0);
      f.op("i32.load", 0);
      f.i32(2);
      f.op("i32.shl");
      f.op("i32.add");
      f.i32(11);
      f.op("i32.store", 0);
      f.get(0, 0);
      f.loadSigned(4);
      f.i32(4);
      f.op("i32.mul");
      f.op("i32.add");
      f.i32(13);
      f.op("i32.store", 0);
    }),
    calling(128, 0),
  );
  expect([word(128 + 6 * GIB)[0], word(128 - 12)[0]]).toEqual([11, 13]);
});

test("numbers that fall below 0 on the way to an address: a difference, a sum with a negative constant, a loop downwards", () => {
  run(
    kernel((f) => {
      const [less, negative, at] = [f.local("i32"), f.local("i32"), f.local("i32")];
      f.get(1);
      f.i32(-5);
      f.op("i32.add");
      f.set(less); // 3 - 5
      f.get(0, less);
      f.op("i32.add");
      f.i32(1);
      f.op("i32.store8", 0);
      f.i32(0);
      f.get(1);
      f.op("i32.sub");
      f.set(negative); // -3
      f.get(0, negative);
      f.op("i32.add");
      f.i32(2);
      f.op("i32.store8", 0);
      f.get(0);
      f.set(at);
      f.advance(at, -1);
      f.get(at);
      f.i32(3);
      f.op("i32.store8", 0);
    }),
    calling(5 * GIB, 3),
  );
  const bytes = new Uint8Array(memory.buffer, 5 * GIB - 3, 3);
  expect([...bytes]).toEqual([2, 1, 3]);
});

test("from address to address in steps, across 4 GiB; how far they are apart is a number again", () => {
  run(
    kernel((f) => {
      const [at, end] = [f.local("i32"), f.local("i32")];
      f.get(0);
      f.tee(at);
      f.get(1);
      f.op("i32.add");
      f.set(end);
      f.upTo(
        at,
        () => f.get(end),
        4,
        () => {
          f.get(at, at, 0);
          f.op("i32.sub");
          f.i32(2);
          f.op("i32.shr_u");
          f.op("i32.store", 0);
        },
      );
      f.get(0, end, 0);
      f.op("i32.sub");
      f.op("i32.store", 0);
    }),
    calling(4 * GIB - 64, 128),
  );
  const words = new Uint32Array(memory.buffer, 4 * GIB - 64, 32);
  expect([...words]).toEqual([128, ...Array.from({ length: 31 }, (_, k) => k + 1)]);
});

test("an address that is kept in memory comes back", () => {
  run(
    kernel((f) => {
      f.get(0, 0);
      f.i32(8);
      f.op("i32.add");
      f.storeAddress(0);
      f.get(0);
      f.loadAddress(0);
      f.i32(17);
      f.op("i32.store", 0);
    }),
    calling(8 * GIB + 64, 0),
  );
  expect([...new Uint32Array(memory.buffer, 8 * GIB + 64, 3)]).toEqual([2 * GIB + 18, 0, 17]);
});

test("filled and copied are as many bytes as there are", () => {
  run(
    kernel((f) => {
      f.get(0);
      f.i32(0x5a);
      f.get(1);
      f.op("memory.fill");
      f.get(0, 1);
      f.op("i32.add");
      f.get(0, 1);
      f.op("memory.copy");
    }),
    calling(5 * GIB + 128, 6),
  );
  expect([...new Uint8Array(memory.buffer, 5 * GIB + 127, 14)]).toEqual([0, ...new Array(12).fill(0x5a), 0]);
});

test("an address that would lose its upper half is our own bug, said with where it goes", () => {
  const storing = kernel((f) => {
    f.get(0, 0);
    f.op("i32.store", 0);
  });
  expect(() => widened(storing)).toThrow("wasm: kernel: an address goes into i32.store");
  const passing = main((f) => {
    f.address(64);
    f.address(64);
    f.op("call", "kernel");
  });
  expect(() =>
    widened(
      kernel(() => undefined),
      passing,
    ),
  ).toThrow("wasm: main: an address goes into call");
  const mixing = kernel((f) => {
    f.get(0, 0);
    f.op("i32.xor");
    f.op("drop");
  });
  expect(() => widened(mixing)).toThrow("wasm: kernel: an address goes into i32.xor");
  const deciding = kernel((f) => {
    f.get(0, 0);
    f.op("i32.sub");
    f.if(() => undefined);
  });
  expect(() => widened(deciding)).toThrow("wasm: kernel: a difference of addresses goes into if");
  const summed = kernel((f) => {
    f.get(0, 0);
    f.op("i32.add");
    f.op("drop");
  });
  expect(() => widened(summed)).toThrow("wasm: kernel: an address goes into i32.add");
  const doubled = kernel((f) => {
    f.get(0);
    f.i32(2);
    f.op("i32.mul");
    f.op("drop");
  });
  expect(() => widened(doubled)).toThrow("wasm: kernel: an address goes into i32.mul");
});

test("what has no addresses stays as it is", () => {
  const f = defineFunction("sum", ["i32", "i32"], (e) => {
    e.get(0, 1);
    e.op("i32.add");
    e.set(0);
  });
  expect(widened(f)[0]).toEqual(f);
});
