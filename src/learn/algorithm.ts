/** How gradients are found. Plain data: an artefact records it. */
import { type Surrogate, triangle } from "../ir/surrogate.ts";

export interface Bptt {
  readonly kind: "bptt";
  readonly surrogate: Surrogate;
}

/**
 * Back-propagation through time with a surrogate for the derivative of the spike. The reset is not differentiated
 * (it is a selection by the spike). With a surrogate of compact support, errors are formed only where it is not zero.
 */
export const bptt = (surrogate: Surrogate = triangle(1)): Bptt => ({ kind: "bptt", surrogate });
