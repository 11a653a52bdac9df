/** Energy as the machine itself counted it while networks answered the test samples, where it can. */
import type { Measured, PowerCounters } from "../energy/rapl.ts";
import { answersSteps, type Loss } from "../learn/loss.ts";

interface Tested {
  readonly measured?: Measured;
  readonly samples: number;
  readonly steps: number;
}
/** J an inference, encoding included. */
type PerInference = NonNullable<Measured["joules"]>;
type Stated =
  | (Measured & { readonly inferences: number; readonly perInference?: PerInference })
  | { readonly available: false; readonly reason: string };

/** As plain data, by network. */
export const measuredDocument = <K extends string>(
  power: PowerCounters,
  loss: Loss,
  results: Readonly<Record<K, Tested>>,
): Readonly<Record<K, Stated>> =>
  Object.fromEntries(
    Object.entries<Tested>(results).map(([name, result]): [string, Stated] => [name, stated(power, loss, result)]),
  ) as Record<K, Stated>;

function stated(power: PowerCounters, loss: Loss, { measured, samples, steps }: Tested): Stated {
  if (!measured) return { available: false, reason: power.available ? "not read" : power.reason };
  const inferences = answersSteps(loss) ? steps : samples;
  const { joules } = measured;
  if (!joules) return { ...measured, inferences };
  const perInference = Object.fromEntries(Object.entries(joules).map(([part, x]) => [part, x / inferences]));
  return { ...measured, inferences, perInference: perInference as unknown as PerInference };
}
