/**
 * Van Rossum's distance of each output's spikes to a given train: both are followed by e^(-t/tau), and the square of the
 * difference is integrated over all time. Between steps the difference decays, so that the integral is a sum over steps.
 *
 * @see van Rossum 2001, Neural Comput. 13:751
 */
import { exp } from "../base/elementary.ts";
import { add, mul, sub } from "../ir/expr.ts";
import { along, type Node, type Place, place } from "../ir/program.ts";
import { bySampleStep, overWholeSample } from "../sim/lower/segments.ts";
import type { VanRossumLoss } from "./loss.ts";
import { LOSS, LOSS_SCALE, type LossKernels, put } from "./lossKernels.ts";

/** Answers are the spikes counted. */
export function vanRossumNodes({ tau }: VanRossumLoss, k: LossKernels): Node[] {
  const { context: c, output, gradient } = k.places;
  const decay = exp(-c.net.dt / tau);
  const [trace, course] = [k.scratch("trace"), courseOf(k)];
  const moved = add(mul(k.number(decay), k.read("trace")), sub(k.read("x"), k.read("target")));
  const square = mul(mul(moved, moved), k.number((1 - decay * decay) / 2));
  const step = k.call(
    "trace",
    {
      slots: "e:x e:target e:trace e:course e:count u:loss",
      stores: [
        put.set("trace", moved),
        put.set("course", moved),
        put.add("count", k.read("x")),
        put.sum("loss", square),
      ],
    },
    {
      x: bySampleStep(output.row()),
      target: bySampleStep(k.stepTarget),
      trace,
      course,
      count: k.answer,
      loss: place(LOSS),
    },
  );
  const after = mul(mul(k.read("trace"), k.read("trace")), k.number((decay * decay) / 2));
  const rest = k.call(
    "rest",
    { slots: "e:trace u:loss", stores: [put.sum("loss", after)] },
    { trace, loss: place(LOSS) },
  );
  return [
    k.set(k.answer, 0),
    k.set(trace, 0),
    ...overWholeSample(c, [step]),
    rest,
    ...(gradient ? backwards(k, decay, bySampleStep(gradient)) : []),
  ];
}

/** `g[t] = (1 - a²) r[t] + a g[t + 1]`, from `a r` behind the last step. */
function backwards(k: LossKernels, decay: number, out: Place): Node[] {
  const g = k.scratch("trace");
  const error = add(mul(k.number(1 - decay * decay), k.read("course")), mul(k.number(decay), k.read("g")));
  const start = k.call("trace.end", { slots: "e:g", stores: [put.set("g", mul(k.number(decay), k.read("g")))] }, { g });
  const step = k.call(
    "trace.slope",
    {
      slots: "e:course e:g e:out u:scale",
      stores: [put.set("g", error), put.set("out", mul(error, k.read("scale")))],
    },
    { course: courseOf(k), g, out, scale: place(LOSS_SCALE) },
  );
  return [start, ...overWholeSample(k.context, [step], true)];
}

/** The difference in each step of the sample at hand. */
function courseOf(k: LossKernels): Place {
  const { stride } = k.places.output;
  return place(k.scratch("course", k.context.options.steps * stride).buffer, 0, along("t", stride));
}
