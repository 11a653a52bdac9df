/**
 * Data sets, encoders and readers of files.
 * @module data
 */
export { type AugmentOptions, augment, augmentStore } from "./augment/augment.ts";
export {
  type Augmentation,
  type Drop,
  drop,
  type Flip,
  flip,
  type Jitter,
  jitter,
  type Shift,
  shift,
} from "./augment/augmentation.ts";
export { augmentImages, type ImageAugmentation, type ImageAugmentOptions } from "./augment/images.ts";
export { augmentRows, type RowAugmentation, type RowOptions } from "./augment/rows.ts";
export { type AugmentSequencesOptions, augmentSequences } from "./augment/sequences.ts";
export { type BatchOptions, batches } from "./batch.ts";
export { type Dataset, type DatasetParts, dataset, Examples, type Features, type Labels } from "./dataset.ts";
export {
  type EncodeOptions,
  type EventBatch,
  encodeEvents,
  encodeStream,
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
  type Stream,
  stream,
  type ValueEncoder,
} from "./encoder.ts";
export {
  type Binned,
  type BinOptions,
  binEvents,
  type CountInput,
  type Duplicates,
  inputsOf,
  type SpikeInput,
} from "./events/bin.ts";
export { binSequences, spikesOf } from "./events/binned.ts";
export { fileBytes } from "./events/fileBytes.ts";
export type { FormatOptions } from "./events/format.ts";
export { cutGestures, GESTURES, type Gesture } from "./events/gesture.ts";
export { type EventFormatName, type EventOptions, readEvents } from "./events/read.ts";
export { cutEvents, type EventRecording, isMonotone, type Sensor } from "./events/recording.ts";
export { openSpikeSet, type SpikeSet, type SpikeSetOptions } from "./events/spikeSet.ts";
export { binStore, digestStore, type EventSet, type RecordingStore } from "./events/store.ts";
export { type StreamOptions, streamEvents } from "./events/stream.ts";
export { type ArffOptions, type ArffTable, readArff } from "./format/arff.ts";
export type { NamedBytes } from "./format/bytes.ts";
export { type CsvKind, type CsvOptions, type CsvStreamOptions, readCsv, streamCsv } from "./format/csv.ts";
export { type Idx, idxExamples, parseIdx, readIdx } from "./format/idx.ts";
export type { Image, ImageOptions } from "./format/image.ts";
export { readJpeg } from "./format/jpeg.ts";
export { listMatlab, type MatlabOptions, readMatlab } from "./format/matlab.ts";
export type { MatlabClass, MatlabVariable, NumericClass } from "./format/matlabMatrix.ts";
export type { MatlabArray, Numbers } from "./format/matlabValues.ts";
export { type NpzOptions, type NumpyArray, readNpy, readNpyRecords, readNpz } from "./format/npy.ts";
export type { NumpyData } from "./format/npyTypes.ts";
export { type NamedStream, openFile } from "./format/pieces.ts";
export { readPng } from "./format/png.ts";
export { rowMajor } from "./format/rowMajor.ts";
export {
  type Column,
  type ColumnKind,
  type ColumnOf,
  columnOf,
  type DateColumn,
  type NominalColumn,
  type NumberColumn,
  type Table,
  type TextColumn,
} from "./format/table.ts";
export { readVoc, type VocAnnotation, type VocBox, type VocObject } from "./format/voc.ts";
export { channelOf, readWave, type Wave } from "./format/wave.ts";
export type { WaveEncoding } from "./format/waveSamples.ts";
export {
  type CrossingOptions,
  type DifferenceOptions,
  differences,
  fromCrossings,
  levelCrossings,
  type StaircaseOptions,
} from "./frontend/crossings.ts";
export {
  hertzOf,
  type MelFilter,
  type MelOptions,
  type MelSpectrogram,
  melFilters,
  melOf,
  melSpectrogram,
} from "./frontend/mel.ts";
export { type PopulationCodeOptions, populationCode } from "./frontend/population.ts";
export type { Signal } from "./frontend/signal.ts";
export {
  emgFeatures,
  imuFeatures,
  type Standard,
  standardised,
  standardOf,
  type WindowFeatures,
  type WindowOptions,
  type Windows,
  windowsOf,
} from "./frontend/windows.ts";
export type { LocateOptions } from "./locate.ts";
export {
  type SequenceBatch,
  type SequenceDataset,
  type SequenceDatasetParts,
  type SequenceParts,
  Sequences,
  sequenceDataset,
} from "./sequences.ts";
export { bccd, bccdDataset, type CellBox, type CellImage, type CellImages } from "./sets/bccd.ts";
export { type DigitsOptions, digits } from "./sets/digits.ts";
export { dvsGesture } from "./sets/dvsGesture.ts";
export { dvsGestureCut } from "./sets/dvsGestureCut.ts";
export { ecg, ecgDataset } from "./sets/ecg.ts";
export { type EegEyeStateSet, eegEyeState, eegEyeStateDataset } from "./sets/eegEyeState.ts";
export { type EmgGestures, type EmgGesturesRecording, emgGestures } from "./sets/emgGestures.ts";
export { type EmgMyoSet, type EmgRecording, emgMyo, emgMyoDataset } from "./sets/emgMyo.ts";
export { fsdd, fsddDataset, type SpokenDigit, type SpokenDigits } from "./sets/fsdd.ts";
export { type HeidelbergSet, type SpikeStore, type SpikingCommands, shd, ssc } from "./sets/heidelberg.ts";
export { type IdxName, idxDataset } from "./sets/mnist.ts";
export { type AnomalyBenchmark, type AnomalySeries, type AnomalyWindow, nab, nabDataset } from "./sets/nab.ts";
export { nMnist } from "./sets/nMnist.ts";
export { type LabelledRecordings, type NMnistSmall, nMnistSmall, nMnistSmallDataset } from "./sets/nMnistSmall.ts";
export { type OccupancySet, occupancy, occupancyDataset } from "./sets/occupancy.ts";
export { type Series, type SeriesParts, series, sliceSeries } from "./sets/series.ts";
export { type SmsSpamSet, smsSpam, smsSpamDataset } from "./sets/smsSpam.ts";
export {
  type SpeechCommandsSet,
  speechCommands,
  type Utterance,
  type UtteranceStore,
} from "./sets/speechCommands.ts";
export {
  type LabelledObject,
  type Photograph,
  type PhotographStore,
  type TestedVocSet,
  type VocSet,
  voc2007,
  voc2012,
} from "./sets/voc.ts";
export { type WallFollowingSet, wallFollowing, wallFollowingDataset } from "./sets/wallFollowing.ts";
export { type YinYang, type YinYangOptions, yinYang } from "./sets/yinYang.ts";
export { type Found, findSet, type Presence } from "./store/find.ts";
export { type GetOptions, type Got, getSet, type StoreProgress } from "./store/get.ts";
export type { FileRecord, Manifest } from "./store/manifest.ts";
export { SOURCES, sourceOf } from "./store/registry.ts";
export type { Algorithm, Checksum, Packing, RemoteFile, Source } from "./store/source.ts";
export { type Verification, type Verified, type VerifyOptions, verifySet } from "./store/verify.ts";
export {
  type ExampleStore,
  IdxStore,
  openIdxStore,
  type SampleStore,
  type SequenceStore,
  selection,
  splitStore,
} from "./stored.ts";
