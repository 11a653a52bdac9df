/**
 * What recorded spikes and variables tell: rates, intervals, counts, correlations, spectra, distances.
 * @module analysis
 */
export {
  autoCorrelogram,
  type Correlogram,
  type CorrelogramOptions,
  countCorrelations,
  crossCorrelogram,
  fanoFactors,
  spikeCounts,
} from "./counts.ts";
export { vanRossumDistance, victorPurpuraDistance } from "./distance.ts";
export { cv, cv2, type IntervalHistogram, intervalHistogram, intervals, lv } from "./intervals.ts";
export { assignLabels, type LabelAssignment, predictByLabel, predictByProportion } from "./labels.ts";
export {
  binnedRate,
  type Course,
  type KernelName,
  meanRates,
  type Psth,
  type PsthOptions,
  psth,
  type SmoothingOptions,
  smoothedRate,
} from "./rate.ts";
export {
  type Coherence,
  coherence,
  powerSpectrum,
  type Spectrum,
  type SpectrumOptions,
  spikeSpectrum,
  type TaperName,
} from "./spectrum.ts";
export { synchrony } from "./synchrony.ts";
export {
  oneTrain,
  type RecordedSpikes,
  type SpikeTrain,
  type SpikeTrains,
  spikeTrains,
  type TrainOptions,
} from "./trains.ts";
