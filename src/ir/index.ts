/**
 * The intermediate representation in the middle: expressions, steps, programs. For those who look inside or add a backend.
 * @module ir
 */
export { adjointStep, incoming, outgoing } from "./adjoint.ts";
export { countStep, flops, type OperationCounts, type StepCounts } from "./count.ts";
export { countKernel, type KernelCounts } from "./countKernel.ts";
export { gradients } from "./differentiate.ts";
export { expand } from "./expand.ts";
export {
  abs,
  add,
  and,
  binary,
  bitcast,
  bool,
  call,
  compare,
  constant,
  convert,
  div,
  draw,
  type Expr,
  f32,
  f64,
  i32,
  index,
  join,
  max,
  min,
  mul,
  mulHi,
  mulShift,
  neg,
  not,
  or,
  read,
  select,
  shl,
  shr,
  spike,
  sqrt,
  sub,
  u32,
  unary,
  word,
  xor,
} from "./expr.ts";
export { hoist } from "./hoist.ts";
export { printExpr, printProgram, printStep } from "./print.ts";
export {
  along,
  type Buffer,
  invoke,
  type Kernel,
  loop,
  type Node,
  type Place,
  type Program,
  place,
  type Region,
} from "./program.ts";
export { evaluate } from "./scalar.ts";
export { simplify, substitute } from "./simplify.ts";
export type { Slot, Step, Store, StoreMode } from "./step.ts";
export {
  arctan,
  boxcar,
  fastSigmoid,
  gaussian,
  multiGaussian,
  type Surrogate,
  sigmoid,
  triangle,
} from "./surrogate.ts";
export { tapePlan } from "./tape.ts";
export type { FloatType, IntType, Type } from "./types.ts";
export { verifyProgram } from "./verify.ts";
export { verifyStep } from "./verifyStep.ts";
