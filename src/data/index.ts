/**
 * Data sets, encoders and readers of files.
 * @module data
 */
export { type BatchOptions, batches } from "./batch.ts";
export { type Dataset, type DatasetParts, dataset, Examples, type Features, type Labels } from "./dataset.ts";
export { type DigitsOptions, digits } from "./digits.ts";
export { ecg, ecgDataset } from "./ecg.ts";
export {
  type EncodeOptions,
  type EventBatch,
  encodeEvents,
  encodeValues,
  eventBatch,
  type ValueBatch,
  valueBatch,
} from "./encode.ts";
export {
  type Bernoulli,
  bernoulli,
  type Current,
  current,
  type Encoder,
  type EventEncoder,
  type Latency,
  latency,
  type Poisson,
  poisson,
  type Rate,
  rate,
} from "./encoder.ts";
export { type Idx, idxExamples, type NamedBytes, parseIdx, readIdx } from "./idx.ts";
export type { LocateOptions } from "./locate.ts";
export { listMatlab, type MatlabOptions, readMatlab, rowMajor } from "./matlab.ts";
export type { MatlabClass, MatlabVariable, NumericClass } from "./matlabMatrix.ts";
export type { MatlabArray, Numbers } from "./matlabValues.ts";
export { type IdxName, idxDataset } from "./mnist.ts";
export {
  type SequenceBatch,
  type SequenceDataset,
  type SequenceDatasetParts,
  type SequenceParts,
  Sequences,
  sequenceDataset,
} from "./sequences.ts";
