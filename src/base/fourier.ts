/** The Fourier transform of a library, loaded when it is first needed. */

/**
 * Of a real signal whose length is a power of 2, at least 2: real and imaginary parts of Σ x_n e^(-2πi kn/N) for k from 0 to
 * N/2. The arrays are used again by the next call.
 */
export type RealTransform = (signal: Float64Array) => readonly [re: Float64Array, im: Float64Array];

let loading: Promise<RealTransform> | undefined;
export function realTransform(): Promise<RealTransform> {
  // @ts-expect-error The library has no types of its own.
  loading ??= import("fourier-transform").then(({ fft }: { fft: RealTransform }) => fft);
  return loading;
}
