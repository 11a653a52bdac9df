/** A loss as found in a file. */
import { listNames, ModelError } from "../base/errors.ts";
import {
  type FirstSpike,
  type Loss,
  lossOf,
  lossOfEachStep,
  type Measure,
  type Pooling,
  type Reduction,
  type Rising,
  type SoftmaxSum,
} from "./loss.ts";

const POOLINGS = new Set<Pooling>(["sum", "mean", "last", "max", "count", "rate"]);
const REDUCTIONS = new Set<Reduction>(["mean", "sum"]);

type Found = Readonly<Record<string, unknown>>;
const isNumber = (x: unknown): x is number => typeof x === "number" && Number.isFinite(x);
const isAbsentOr =
  (holds: (x: unknown) => boolean) =>
  (x: unknown): boolean =>
    x === undefined || holds(x);
const isRecord = (x: unknown): x is Found => typeof x === "object" && x !== null && !Array.isArray(x);
const areNumbers = (x: unknown): boolean => Array.isArray(x) && x.every(isNumber);

/** Of each kind its fields, and what they must be; others are left behind. */
const FIELDS: { readonly [K in Measure["kind"]]: Readonly<Record<string, (x: unknown) => boolean>> } = {
  crossEntropy: {
    smoothing: isAbsentOr((x) => isNumber(x) && x > 0 && x < 1),
    weights: isAbsentOr((x) => areNumbers(x) && (x as number[]).every((w) => w >= 0)),
  },
  meanSquared: { target: isNumber, wrong: isAbsentOr(isNumber), times: isAbsentOr((x) => x === "steps") },
  meanSquaredValues: {},
  distillation: { temperature: (x) => isNumber(x) && x > 0 },
  expression: {
    equation: (x) => typeof x === "string",
    parameters: isAbsentOr((x) => isRecord(x) && Object.values(x).every(isNumber)),
  },
  mixed: {
    parts: (x) =>
      Array.isArray(x) &&
      x.length > 0 &&
      x.every((p) => isRecord(p) && isNumber(p.share) && measureOf(p.measure) !== undefined),
  },
};

/** What is allowed, in words. */
export const LOSSES = `${listNames(Object.keys(FIELDS))} with a pooling among ${listNames([...(POOLINGS as ReadonlySet<string>), "softmaxSum from a step", "firstSpike"])}, or each step, reduced by ${listNames(REDUCTIONS)} (or rising); or vanRossum`;

/** Undefined for anything else than a loss. */
export function parseLoss(found: unknown): Loss | undefined {
  if (!isRecord(found)) return undefined;
  const { kind, each, pooling, reduce, of, tau, rising } = found;
  if (kind === "vanRossum") return isNumber(tau) && tau > 0 ? { kind, pooling: "count", tau } : undefined;
  const measure = measureOf(found);
  if (!measure || !isSound(measure, each === "step")) return undefined;
  if (rising !== undefined && !isRising(rising)) return undefined;
  if (each === "step" && REDUCTIONS.has(reduce as Reduction) && (of === undefined || of === "spikes"))
    return { ...measure, each, reduce: reduce as Reduction, ...(of && { of }), ...(rising && { rising }) };
  return each === undefined && isPooling(pooling) ? { ...measure, pooling } : undefined;
}
const isRising = (x: unknown): x is Rising => isRecord(x) && isNumber(x.prior) && x.prior >= 0;
function measureOf(found: unknown): Measure | undefined {
  if (!isRecord(found)) return undefined;
  const { target = 1, ...rest } = found;
  const given: Found = found.kind === "meanSquared" ? { ...rest, target } : found;
  const kind = given.kind as Measure["kind"];
  if (!Object.hasOwn(FIELDS, kind)) return undefined;
  const fields = Object.entries(FIELDS[kind]);
  if (!fields.every(([name, holds]) => holds(given[name]))) return undefined;
  const kept = fields.filter(([name]) => given[name] !== undefined).map(([name]) => [name, given[name]]);
  return { kind, ...Object.fromEntries(kept) } as Measure;
}
/** Whether the user's own expressions can be learned from. */
function isSound(m: Measure, each: boolean): boolean {
  if (m.kind === "mixed") return m.parts.every((p) => isSound(p.measure, each));
  if (m.kind !== "expression") return true;
  try {
    const { equation, ...options } = m;
    if (each) lossOfEachStep(equation, "mean", options);
    else lossOf(equation, "mean", options);
    return true;
  } catch (e) {
    if (e instanceof ModelError) return false;
    throw e;
  }
}
const isPooling = (x: unknown): x is Pooling => POOLINGS.has(x as Pooling) || isSoftmaxSum(x) || isFirstSpike(x);
function isSoftmaxSum(x: unknown): x is SoftmaxSum {
  return isRecord(x) && x.kind === "softmaxSum" && Number.isInteger(x.from) && (x.from as number) >= 0;
}
function isFirstSpike(x: unknown): x is FirstSpike {
  return isRecord(x) && x.kind === "firstSpike" && (x.unit === "sample" || (isNumber(x.unit) && x.unit > 0));
}
