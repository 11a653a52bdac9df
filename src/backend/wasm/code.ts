/**
 * WebAssembly functions as plain data: a flat list of instructions named as the specification names them.
 * `encode.ts` turns it into bytes, `wat.ts` into text. Nothing else knows how modules are encoded.
 */
export type ValType = "i32" | "i64" | "f32" | "f64" | "v128";
export type Immediate = number | bigint | string | readonly (number | bigint)[];
/** `block`, `loop`, `if`, `else`, `end` nest; `br` and `br_if` count labels outwards from 0. */
export type Instr = readonly [op: string, ...immediates: Immediate[]];

export interface Func {
  readonly name: string;
  readonly params: readonly ValType[];
  /** Types of the locals after the parameters. */
  readonly locals: readonly ValType[];
  readonly body: readonly Instr[];
  readonly exported: boolean;
  /** How many of the first parameters are byte addresses; none where it does not say. */
  readonly addresses?: number;
}
/** How many bits an address has. */
export type AddressBits = 32 | 64;
/** Functions in an order in which callees come first, over one imported memory `env.memory`. */
export interface ModuleCode {
  readonly functions: readonly Func[];
  readonly pages: number;
  /** Whether threads share the memory. */
  readonly shared?: boolean;
  /** Of the memory's addresses; 32 where it does not say. */
  readonly addressBits?: AddressBits;
}

/** Most instructions of a module are alike: each exists once, as data that nobody changes. */
const PLAIN = new Map<string, Instr>();
function plain(op: string): Instr {
  let made = PLAIN.get(op);
  if (!made) PLAIN.set(op, (made = [op]));
  return made;
}
const OF_LOCALS: Readonly<Record<"local.get" | "local.set" | "local.tee", Instr[]>> = {
  "local.get": [],
  "local.set": [],
  "local.tee": [],
};
const ofLocal = (op: keyof typeof OF_LOCALS, local: number): Instr => (OF_LOCALS[op][local] ??= [op, local]);

/** Stands behind the other immediates of what gives or stores an address. */
const ADDRESS = "address";
/** The same for what may be negative. */
const SIGNED = "signed";
export const isAddress = (instr: Instr): boolean => instr.length === 3 && instr[2] === ADDRESS;
export const isSigned = (instr: Instr): boolean => instr.length === 3 && instr[2] === SIGNED;
/** Stands behind a local whose value is wanted as a number, whatever else is worked out with it. */
const NUMBER = "number";
export const isNumber = (instr: Instr): boolean => instr.length === 3 && instr[2] === NUMBER;
const FEW = 1024;
const SMALL: Instr[] = [];

/** Builds one function body. Locals are numbers; the first are the parameters. */
export class Emitter {
  readonly params: readonly ValType[];
  readonly locals: ValType[] = [];
  readonly body: Instr[] = [];

  constructor(params: readonly ValType[]) {
    this.params = params;
  }

  /** A new local. */
  local(type: ValType): number {
    this.locals.push(type);
    return this.params.length + this.locals.length - 1;
  }
  op(name: string, ...immediates: Immediate[]): void {
    this.body.push(immediates.length === 0 ? plain(name) : [name, ...immediates]);
  }
  get(...locals: number[]): void {
    for (let k = 0; k < locals.length; k++) this.body.push(ofLocal("local.get", locals[k]!));
  }
  /** Pushes a number that addresses may be worked out with, too: what expressions make of it has 32 bits (`widen.ts`). */
  number(local: number): void {
    this.body.push(["local.get", local, NUMBER]);
  }
  set(local: number): void {
    this.body.push(ofLocal("local.set", local));
  }
  tee(local: number): void {
    this.body.push(ofLocal("local.tee", local));
  }
  i32(value: number): void {
    const x = value | 0;
    if (x < 0 || x >= FEW) this.body.push(["i32.const", x]);
    else this.body.push((SMALL[x] ??= ["i32.const", x]));
  }
  /** A byte address that is known, of a buffer or in one: it may need more than 32 bits (`widen.ts`). */
  address(bytes: number): void {
    this.body.push(["i32.const", bytes, ADDRESS]);
  }
  /** Loads a byte address, a multiple of 4, that `storeAddress` has stored. */
  loadAddress(offset: number): void {
    this.body.push(["i32.load", offset, ADDRESS]);
  }
  /** Loads a number that may be negative: where it is added to an address, that must be known (`widen.ts`). */
  loadSigned(offset: number): void {
    this.body.push(["i32.load", offset, SIGNED]);
  }
  storeAddress(offset: number): void {
    this.body.push(["i32.store", offset, ADDRESS]);
  }
  /** `local += bytes` */
  advance(local: number, bytes: number): void {
    this.get(local);
    this.i32(bytes);
    this.op("i32.add");
    this.set(local);
  }
  /** Runs the body while the condition, left on the stack by `test`, holds. */
  while(test: () => void, body: () => void): void {
    this.op("block");
    this.op("loop");
    test();
    this.op("i32.eqz");
    this.op("br_if", 1);
    body();
    this.op("br", 0);
    this.op("end");
    this.op("end");
  }
  /** `if (top of stack) then else other` */
  if(then: () => void, other?: () => void): void {
    this.op("if");
    then();
    if (other) {
      this.op("else");
      other();
    }
    this.op("end");
  }
  /**
   * Runs the body with `index` from its present value while `index < end` (signed), adding `step` each time. The test
   * stands at the end of the loop, with a guard before it: one branch an iteration.
   */
  upTo(index: number, end: () => void, step: number, body: () => void): void {
    const more = (): void => {
      this.get(index);
      end();
      this.op("i32.lt_s");
    };
    more();
    this.if(() => {
      this.op("loop");
      body();
      this.advance(index, step);
      more();
      this.op("br_if", 0);
      this.op("end");
    });
  }
}

export function defineFunction(
  name: string,
  params: readonly ValType[],
  build: (f: Emitter) => void,
  options: { exported?: boolean; addresses?: number } = {},
): Func {
  const f = new Emitter(params);
  build(f);
  const { exported = false, addresses = 0 } = options;
  return { name, params, locals: f.locals, body: f.body, exported, addresses };
}
