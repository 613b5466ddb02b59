// Peak GPU memory of engines as the driver counted it, for plan --compare. Copied from bench/results/memory.lavapipe.json, which does not
// ship; a test holds the two together. Measured, so true of these versions on this adapter alone.

/** How the peaks were measured. */
export const MEASURED_ON = {
  command: 'npm run bench -- memory',
  adapter: 'llvmpipe (LLVM 15.0.6, 256 bits)',
  machine: '2 x Intel(R) Xeon(R) Processor, Node v20.20.2',
  /** Of 30 s, transcribed one after another, after calls with one window. */
  windows: 4,
  versions: {
    'whisper-wgsl': 'whisper-wgsl 0.1.0',
    'transformers.js': '@huggingface/transformers 4.3.1, onnxruntime-node 1.30.0',
    'whisper.cpp': '@fugood/whisper.node 1.1.3',
  },
} as const;

export interface MeasuredPeak {
  readonly model: string;
  readonly engine: Engine;
  /** Weights, and what else tells rows of an engine apart. */
  readonly label: string;
  /** Most bytes of device memory allocated from the driver at once. */
  readonly driverBytes: number;
}

export type Engine = keyof typeof MEASURED_ON.versions;

const PEAKS: readonly (readonly [model: string, engine: Engine, label: string, driverBytes: number])[] = [
  ['tiny.en', 'whisper-wgsl', 'f16', 96957440],
  ['tiny.en', 'whisper-wgsl', 'int8', 62789120],
  ['tiny.en', 'transformers.js', 'fp16', 289815728],
  ['tiny.en', 'transformers.js', 'q8', 429909748],
  ['tiny.en', 'transformers.js', 'q4', 465282736],
  ['tiny.en', 'whisper.cpp', 'f16', 277565152],
  ['tiny.en', 'whisper.cpp', 'f16, flash', 225849424],
  ['tiny.en', 'whisper.cpp', 'q8_0, flash', 191695504],
  ['tiny.en', 'whisper.cpp', 'q5_0, flash', 178033936],
  ['base', 'whisper-wgsl', 'f16', 178802176],
  ['base', 'whisper-wgsl', 'int8', 112600576],
  ['base', 'transformers.js', 'fp16', 408940576],
  ['base', 'transformers.js', 'q8', 491544628],
  ['base', 'transformers.js', 'q4', 733617184],
  ['base', 'whisper.cpp', 'f16', 391180900],
  ['base', 'whisper.cpp', 'f16, flash', 325313380],
  ['base', 'whisper.cpp', 'q8_0, flash', 259130500],
  ['base', 'whisper.cpp', 'q5_0, flash', 232657348],
];

export const MEASURED_PEAKS: readonly MeasuredPeak[] = PEAKS.map(([model, engine, label, driverBytes]) => ({
  model,
  engine,
  label,
  driverBytes,
}));
