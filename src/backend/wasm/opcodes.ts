/** Opcodes of the instructions that are emitted here (WebAssembly core specification 2.0, appendix "Index of Instructions"). */

/** Names with consecutive codes from the given one: one plain byte, or LEB128 after a prefix byte. */
const runs = (prefix: number | undefined, table: Readonly<Record<number, string>>): [string, readonly number[]][] =>
  Object.entries(table).flatMap(([start, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name, k): [string, readonly number[]] => {
        const code = Number(start) + k;
        return [name, prefix === undefined ? [code] : [prefix, ...unsigned(code)]];
      }),
  );

/** LEB128, unsigned. */
export function unsigned(x: number): number[] {
  const bytes: number[] = [];
  let rest = x;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

const INT = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const FLOAT = "eq ne lt gt le ge";
const INT_MATH = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
const FLOAT_MATH = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign";
const of = (type: string, names: string): string =>
  names
    .split(" ")
    .map((n) => `${type}.${n}`)
    .join(" ");

const PLAIN = runs(undefined, {
  0: "unreachable",
  2: "block loop if else",
  11: "end br br_if br_table",
  15: "return call",
  26: "drop select",
  32: "local.get local.set local.tee",
  40: "i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u",
  54: "i32.store i64.store f32.store f64.store i32.store8 i32.store16",
  65: "i32.const i64.const f32.const f64.const",
  69: `i32.eqz ${of("i32", INT)} i64.eqz ${of("i64", INT)} ${of("f32", FLOAT)} ${of("f64", FLOAT)}`,
  103: [of("i32", INT_MATH), of("i64", INT_MATH), of("f32", FLOAT_MATH), of("f64", FLOAT_MATH)].join(" "),
  167: "i32.wrap_i64",
  172: "i64.extend_i32_s i64.extend_i32_u",
  178: "f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64",
  183: "f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32",
  188: "i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64",
});

const MISC = runs(0xfc, {
  0: "i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u",
  10: "memory.copy memory.fill",
});

const VECTOR_FLOAT = "abs neg";
const VECTOR_FLOAT_MATH = "sqrt add sub mul div min max pmin pmax";
const SIMD = runs(0xfd, {
  0: "v128.load",
  4: "v128.load16x4_u",
  9: "v128.load32_splat v128.load64_splat v128.store v128.const i8x16.shuffle i8x16.swizzle",
  15: "i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat",
  21: "i8x16.extract_lane_s i8x16.extract_lane_u",
  27: "i32x4.extract_lane i32x4.replace_lane i64x2.extract_lane i64x2.replace_lane f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane",
  35: `${of("i8x16", INT)} ${of("i16x8", INT)}`,
  55: `${of("i32x4", INT)} ${of("f32x4", FLOAT)} ${of("f64x2", FLOAT)}`,
  77: "v128.not v128.and v128.andnot v128.or v128.xor v128.bitselect v128.any_true",
  86: "v128.load32_lane v128.load64_lane",
  90: "v128.store32_lane v128.store64_lane v128.load32_zero v128.load64_zero f32x4.demote_f64x2_zero f64x2.promote_low_f32x4",
  103: "f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest",
  116: "f64x2.ceil f64x2.floor",
  122: "f64x2.trunc",
  148: "f64x2.nearest",
  100: "i8x16.bitmask",
  110: "i8x16.add",
  135: "i16x8.extend_low_i8x16_s i16x8.extend_high_i8x16_s i16x8.extend_low_i8x16_u i16x8.extend_high_i8x16_u",
  141: "i16x8.shr_u",
  142: "i16x8.add",
  145: "i16x8.sub",
  149: "i16x8.mul",
  160: "i32x4.abs i32x4.neg",
  163: "i32x4.all_true i32x4.bitmask",
  167: "i32x4.extend_low_i16x8_s i32x4.extend_high_i16x8_s i32x4.extend_low_i16x8_u i32x4.extend_high_i16x8_u",
  171: "i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add",
  177: "i32x4.sub",
  181: "i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u",
  192: "i64x2.abs i64x2.neg",
  195: "i64x2.all_true i64x2.bitmask",
  199: "i64x2.extend_low_i32x4_s i64x2.extend_high_i32x4_s i64x2.extend_low_i32x4_u i64x2.extend_high_i32x4_u i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add",
  209: "i64x2.sub",
  213: "i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s i64x2.extmul_low_i32x4_s i64x2.extmul_high_i32x4_s i64x2.extmul_low_i32x4_u i64x2.extmul_high_i32x4_u",
  224: of("f32x4", VECTOR_FLOAT),
  227: of("f32x4", VECTOR_FLOAT_MATH),
  236: of("f64x2", VECTOR_FLOAT),
  239: `${of("f64x2", VECTOR_FLOAT_MATH)} i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u`,
});

/** Threads proposal, chapter "Atomic Memory Instructions". */
const ATOMIC = runs(0xfe, {
  0: "memory.atomic.notify memory.atomic.wait32",
  16: "i32.atomic.load",
  23: "i32.atomic.store",
  30: "i32.atomic.rmw.add",
});

/** The bytes of each instruction's opcode. */
export const OPCODES: ReadonlyMap<string, readonly number[]> = new Map([...PLAIN, ...MISC, ...SIMD, ...ATOMIC]);
