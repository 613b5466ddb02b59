// whisper-wgsl: OpenAI's Whisper in WGSL on Dawn. Lower floors are the subpaths ./ops, ./graph and ./allocator.

export type { AudioInput } from './audio/index.ts';
export * from './errors.ts';
export type { AdapterKind, AdapterOptions } from './gpu/adapter.ts';
export type { Profile } from './gpu/profile.ts';
export { type OutputFormat, outputName, writeResult, writers } from './output/index.ts';
export type { Segment, TranscriptionResult, Word } from './output/result.ts';
export { type ConvertOptions, type ConvertReport, convertModel } from './whisper/convert.ts';
export { type ModelDimensions, PUBLISHED_DIMS } from './whisper/dims.ts';
export type { GraphOptions, WeightPrecision, WeightRule } from './whisper/graph_options.ts';
export { whisperGraph } from './whisper/model.ts';
export type { Progress, TranscribeOptions } from './whisper/options.ts';
export type { SingleDecoding } from './whisper/single_window.ts';
export type { Transcription, WindowTrace } from './whisper/transcribe.ts';
export { type LoadOptions, type MemoryReport, type TranscribeResult, Whisper } from './whisper/whisper.ts';
