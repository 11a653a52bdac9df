/** Element types of the expression IR, and what may be stored in a buffer. */

export type FloatType = "f32" | "f64";
/** The types of integers. */
export type IntType = "i32" | "u32";
/** The type of an expression. `bool` is stored as one 32-bit word, 0 or 1. */
export type Type = FloatType | IntType | "bool";

export const TYPES: readonly Type[] = ["f32", "f64", "i32", "u32", "bool"];

export const BYTES: Readonly<Record<Type, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, bool: 4 };

export const isFloat = (type: Type): type is FloatType => type === "f32" || type === "f64";
export const isInt = (type: Type): type is IntType => type === "i32" || type === "u32";
