/**
 * Functions of 32-bit addresses to functions of 64-bit ones, for memories of more than 4 GiB. Kernels are written once, with
 * addresses that are `i32`; here a local or a value becomes `i64` where it holds an address or what is added to one:
 *
 * - An *address* is a parameter that says so, an address constant, and what is an address plus or minus a number.
 * - An *offset* is a number of 64 bits: the difference of addresses, and what is added to an address. Products and sums are
 *   worked out with 64 bits from their operands on, so that a row's number times its bytes may pass 2^32; locals that are
 *   added as they are hold bytes, so they are offsets, and those that are multiplied before hold numbers of elements.
 * - All else stays as it is. A 32-bit value that is added to an address is taken as unsigned, unless it may be negative by how
 *   it is worked out: a difference, a sum with a negative constant, what is loaded as such (`loadSigned`).
 *
 * An address that is kept in memory (`storeAddress`, `loadAddress`) is there the number of its 4-byte word, in 32 bits as
 * before. So memory ends at 16 GiB, as it does on engines.
 */
import { type Func, type Instr, isAddress, isNumber, isSigned, type ValType } from "./code.ts";
import { type Value, valuesOf } from "./stackValues.ts";

/** What a value is; what is not a number has 64 bits. */
const NUMBER = 0;
const OFFSET = 1;
const ADDRESS = 2;
type Kind = typeof NUMBER | typeof OFFSET | typeof ADDRESS;

/** For what 64 bits of a value are wanted: not at all, for a number of elements, for a number of bytes. */
const NOTHING = 0;
const COUNT = 1;
const BYTES = 2;
type Need = typeof NOTHING | typeof COUNT | typeof BYTES;

/** Takes the functions of one module, callees first. */
export class Widener {
  readonly #callees = new Map<string, Func>();

  widen(f: Func): Func {
    this.#callees.set(f.name, f);
    return new FunctionWidener(f, (name) => this.#callee(name)).widened();
  }
  #callee(name: string): Func {
    const f = this.#callees.get(name);
    if (!f) throw new Error(`wasm: no function '${name}' before its callers`);
    return f;
  }
}

const addressesOf = ({ addresses = 0 }: Func): number => addresses;
const COMPARE = /^i32\.(eq|ne|[lg][te]_[su])$/;
/** Of two operands, an offset and a number, that give a number again. */
const PART = /^i32\.(shr_[su]|div_[su]|rem_[su]|and)$/;
/** Of these an address is no operand. */
const NO_ADDRESSES = /^i32\.(mul|shl|shr_[su]|div_[su]|rem_[su])$/;
/** Whether a number is 0, its lower half does not tell. */
const DECIDES = /^(if|br_if|br_table|select)$/;
/** What a sum that is added to an address is widened through. */
const THROUGH = /^i32\.(add|sub|mul|shl)$|^select$/;

class FunctionWidener {
  readonly #f: Func;
  readonly #callee: (name: string) => Func;
  readonly #values: readonly Value[];
  /** By local. */
  readonly #locals: Kind[];
  readonly #definitions = new Map<number, Value[]>();
  /** By place, what a value is, and whether it is wanted with 64 bits. */
  readonly #kinds: Kind[];
  readonly #wanted: Need[];
  #changed = true;

  constructor(f: Func, callee: (name: string) => Func) {
    this.#f = f;
    this.#callee = callee;
    this.#values = valuesOf(f, (name) => callee(name).params.length);
    this.#locals = [...f.params, ...f.locals].map((_, k) => (k < addressesOf(f) ? ADDRESS : NUMBER));
    this.#kinds = f.body.map(() => NUMBER);
    this.#wanted = f.body.map(() => NOTHING);
    for (const v of this.#values) {
      if (v.instr[0] !== "local.set" && v.instr[0] !== "local.tee") continue;
      const local = v.instr[1] as number;
      const others = this.#definitions.get(local);
      if (others) others.push(v.args[0]!);
      else this.#definitions.set(local, [v.args[0]!]);
    }
  }

  widened(): Func {
    while (this.#changed) {
      this.#changed = false;
      for (const v of this.#values) this.#infer(v);
    }
    const behind: Instr[][] = this.#f.body.map(() => []);
    const changed = this.#values.map((v) => this.#rewrite(v, behind));
    const type = (t: ValType, local: number): ValType => (this.#locals[local] === NUMBER ? t : "i64");
    const { params, locals } = this.#f;
    return {
      ...this.#f,
      params: params.map(type),
      locals: locals.map((t, k) => type(t, params.length + k)),
      body: changed.flatMap((instr, at) => [instr, ...behind[at]!]),
    };
  }

  // What values are, until nothing changes: kinds only ever rise.

  #infer(v: Value): void {
    const [op, local] = v.instr;
    const given = v.args[0];
    if (op === "local.set" || op === "local.tee") {
      if (this.#kinds[given!.at] !== NUMBER) this.#raise(local as number, this.#kinds[given!.at]!);
      if (this.#locals[local as number] !== NUMBER) this.#want(given!, BYTES);
    }
    for (const k of addressArguments(v, this.#callee)) this.#want(v.args[k]!, BYTES);
    this.#setKind(v, this.#kindOf(v));
  }
  #kindOf(v: Value): Kind {
    const [op, x] = v.instr;
    const [a = NUMBER, b = NUMBER] = v.args.map(({ at }) => this.#kinds[at]!);
    const need = this.#wanted[v.at]!;
    const wanted = need === NOTHING ? NUMBER : OFFSET;
    /** Of a sum: a constant has as many bits as are wanted, and tells nothing of the other operand. */
    const other = v.args.some(
      (x) => this.#kinds[x.at] !== NUMBER && (x.instr[0] !== "i32.const" || isAddress(x.instr)),
    );
    const alike = other ? BYTES : need;
    if (op === "local.get" || op === "local.tee") return isNumber(v.instr) ? NUMBER : this.#locals[x as number]!;
    if (op === "i32.const") return isAddress(v.instr) ? ADDRESS : wanted;
    if (isAddressLoad(v.instr)) return ADDRESS;
    if (op === "i32.add" || op === "select") return this.#together(v, max(wanted, max(a, b)), alike);
    if (op === "i32.sub") {
      const apart = a === ADDRESS && b === ADDRESS;
      return this.#together(v, apart ? OFFSET : max(wanted, max(a, b)), alike);
    }
    if (op === "i32.mul" || op === "i32.shl") return this.#together(v, max(wanted, max(a, b) && OFFSET), COUNT);
    if (op === "i32.and" && a === ADDRESS) return this.#together(v, ADDRESS, BYTES);
    if (PART.test(op)) {
      this.#together(v, max(a, b), COUNT);
      return max(a, b) === NUMBER ? NUMBER : wanted;
    }
    if (COMPARE.test(op)) this.#together(v, max(a, b), BYTES);
    return NUMBER;
  }
  /** The two operands of something of 64 bits have 64 bits. */
  #together(v: Value, kind: Kind, need: Need): Kind {
    if (kind !== NUMBER) for (const a of v.args.slice(0, 2)) this.#want(a, need);
    return kind;
  }
  #setKind({ at }: Value, kind: Kind): void {
    if (kind === this.#kinds[at]) return;
    this.#kinds[at] = kind;
    this.#changed = true;
  }
  #raise(local: number, kind: Kind): void {
    if (kind <= this.#locals[local]! || local < this.#f.params.length) return;
    this.#locals[local] = kind;
    this.#changed = true;
  }
  /** What is needed with 64 bits is worked out with 64 bits. */
  #want(v: Value, need: Need): void {
    const [op, local] = v.instr;
    if (op === "local.get" || op === "local.tee") {
      if (need === BYTES && !isNumber(v.instr)) this.#raise(local as number, OFFSET);
    } else if (need > this.#wanted[v.at]! && (THROUGH.test(op) || PART.test(op) || op === "i32.const")) {
      this.#wanted[v.at] = need;
      this.#changed = true;
    }
  }
  /** Whether a value of 32 bits may be negative. */
  #isSigned(v: Value, seen = new Set<number>()): boolean {
    const [op, x] = v.instr;
    if (op === "i32.const") return (x as number) < 0;
    if (op === "i32.sub" || isSigned(v.instr)) return true;
    if (op === "local.get" || op === "local.tee")
      return this.#defined(x as number, seen, (d) => this.#isSigned(d, seen));
    return THROUGH.test(op) && v.args.slice(0, 2).some((a) => this.#isSigned(a, seen));
  }
  /** Whether some value that a local is given is so. */
  #defined(local: number, seen: Set<number>, isSo: (value: Value) => boolean): boolean {
    if (seen.has(local)) return false;
    seen.add(local);
    return this.#definitions.get(local)?.some(isSo) ?? false;
  }

  // Instructions, and behind which of them a value changes its width.

  #rewrite(v: Value, behind: Instr[][]): Instr {
    const [op, ...immediates] = v.instr;
    const [a, b] = v.args.map(({ at }) => this.#kinds[at] === ADDRESS);
    const odd = op === "i32.add" ? a && b : op === "i32.sub" ? b && !a : NO_ADDRESSES.test(op) && (a || b);
    if (odd) throw this.#misused(v);
    const kind = this.#kinds[v.at]!;
    const isWide = wideOperands(op);
    const wide = isWide && (kind !== NUMBER || v.args.slice(0, 2).some((a) => this.#kinds[a.at] !== NUMBER));
    const addresses = addressArguments(v, this.#callee);
    v.args.forEach((a, k) => {
      const operand = wide && (k < 2 || op !== "select");
      if (operand || addresses.includes(k) || this.#goesIntoWide(v)) this.#extend(a, behind);
      else this.#narrow(a, behind, v);
    });
    if (isAddressLoad(v.instr)) {
      behind[v.at]!.unshift(["i64.extend_i32_u"], ["i64.const", WORD], ["i64.shl"]);
      return ["i32.load", immediates[0]!];
    }
    if (isNumber(v.instr)) {
      if (this.#locals[immediates[0] as number] !== NUMBER) behind[v.at]!.push(["i32.wrap_i64"]);
      return [op, immediates[0]!];
    }
    if (op === "i32.const" && kind !== NUMBER) return ["i64.const", BigInt(immediates[0] as number)];
    if (!wide || op === "select") return v.instr;
    if (PART.test(op) && kind === NUMBER) behind[v.at]!.push(["i32.wrap_i64"]);
    return [op.replace("i32", "i64"), ...immediates];
  }
  #goesIntoWide({ instr: [op, local] }: Value): boolean {
    return (op === "local.set" || op === "local.tee") && this.#locals[local as number] !== NUMBER;
  }
  #extend(a: Value, behind: Instr[][]): void {
    if (this.#kinds[a.at] === NUMBER) behind[a.at]!.push([this.#isSigned(a) ? "i64.extend_i32_s" : "i64.extend_i32_u"]);
  }
  #misused({ instr: [op] }: Value, what = "an address"): Error {
    return new Error(`wasm: ${this.#f.name}: ${what} goes into ${op}`);
  }
  #narrow(a: Value, behind: Instr[][], into: Value): void {
    const kind = this.#kinds[a.at];
    if (kind === NUMBER || into.instr[0] === "drop") return;
    if (kind === OFFSET && DECIDES.test(into.instr[0])) throw this.#misused(into, "a difference of addresses");
    if (kind === ADDRESS) {
      if (!isAddress(into.instr)) throw this.#misused(into);
      behind[a.at]!.push(["i64.const", WORD], ["i64.shr_u"]);
    }
    behind[a.at]!.push(["i32.wrap_i64"]);
  }
}

/** A word's address has so many zeros at its end. */
const WORD = 2n;
const max = (a: Kind, b: Kind): Kind => (a > b ? a : b);
const isAddressLoad = (instr: Instr): boolean => instr[0] === "i32.load" && isAddress(instr);
const wideOperands = (op: string): boolean => THROUGH.test(op) || PART.test(op) || COMPARE.test(op) || op === "i32.eqz";

/** Which of the values that it takes are addresses, or bytes to fill or to copy. */
function addressArguments({ instr: [op, callee], args }: Value, callees: (name: string) => Func): number[] {
  if (op === "call") return [...Array(addressesOf(callees(String(callee)))).keys()];
  if (op === "memory.fill") return [0, 2];
  if (op === "memory.copy") return [0, 1, 2];
  return args.length > 0 && /\.(atomic\.)?(load|store)|^memory\.atomic|\.atomic\.rmw/.test(op) ? [0] : [];
}
