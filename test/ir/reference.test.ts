import { expect, test } from "vitest";
import { type Big, exp, fromNumber, LN2, log, PI, pow, product, REFERENCE, round, sum, ulps } from "./reference.ts";

/** The first digits after the decimal point. */
function digits(x: Big, count = 50): string {
  const scaled = (x.m * 10n ** BigInt(count)) >> BigInt(-x.e);
  return scaled.toString().padStart(count + 1, "0");
}
const at = fromNumber;

// Published digits: OEIS A001113 (e), A000796 (π), A002162 (log 2), A002193 (√2), A002392 (log 10), A049469 (sin 1),
// A049470 (cos 1), A073744 (tanh 1), truncated.
test.each<[string, Big, string]>([
  ["exp 1", exp(at(1)), "271828182845904523536028747135266249775724709369995"],
  ["pi", PI, "314159265358979323846264338327950288419716939937510"],
  ["log 2", LN2, "069314718055994530941723212145817656807550013436025"],
  ["log 10", log(at(10)), "230258509299404568401799145468436420760110148862877"],
  ["2^0.5", pow(at(2), at(0.5)), "141421356237309504880168872420969807856967187537694"],
  ["sin 1", REFERENCE.sin(at(1)), "084147098480789650665250232163029899962256306079837"],
  ["cos 1", REFERENCE.cos(at(1)), "054030230586813971740093660744297660373231042061792"],
  ["tanh 1", REFERENCE.tanh(at(1)), "076159415595576488811945828260479359041276859725793"],
  ["exprel 1", REFERENCE.exprel(at(1)), "171828182845904523536028747135266249775724709369995"],
])("%s to 50 digits", (_name, value, published) => {
  expect(digits(value)).toBe(published);
});

test("functions agree with their inverses and identities, far from 1 as well", () => {
  for (const x of [1e-30, 1e-9, 0.3, 7, 700]) {
    expect(ulps("f64", x, log(exp(at(x))))).toBeLessThan(1e-3);
    expect(ulps("f64", 1, sum(REFERENCE.sigmoid(at(x)), REFERENCE.sigmoid(at(-x))))).toBeLessThan(1e-9);
    const [s, c] = [REFERENCE.sin(at(x)), REFERENCE.cos(at(x))];
    expect(ulps("f64", 1, sum(product(s, s), product(c, c)))).toBeLessThan(1e-9);
  }
  // The series near 0 meets the direct form.
  const [below, above] = [2 ** -20 * (1 - 2 ** -52), 2 ** -20];
  for (const f of [REFERENCE.tanh, REFERENCE.sin, REFERENCE.exprel])
    expect(Math.abs(round("f64", f(at(above))) - round("f64", f(at(below))))).toBeLessThan(2 ** -52);
});

test("rounding: ties to even, denormals, overflow", () => {
  const half = (m: number, e: number): Big => ({ m: BigInt(m), e });
  expect(round("f32", half(2 ** 24 + 1, 0))).toBe(2 ** 24);
  expect(round("f32", half(2 ** 24 + 3, 0))).toBe(2 ** 24 + 4);
  expect(round("f32", half(3, -150))).toBe(2 ** -148);
  expect(round("f32", half(1, -150))).toBe(0);
  expect(round("f32", half(2 ** 25 - 1, 103))).toBe(Number.POSITIVE_INFINITY);
  expect(round("f64", fromNumber(-5e-324))).toBe(-5e-324);
  for (const x of [0.1, 1 / 3, 1e-310, 1.7e308]) {
    expect(round("f64", fromNumber(x))).toBe(x);
    expect(round("f32", fromNumber(x))).toBe(Math.fround(x));
    expect(ulps("f64", x, fromNumber(x))).toBe(0);
  }
  expect(ulps("f32", 1 + 2 ** -23, fromNumber(1))).toBe(1);
});
