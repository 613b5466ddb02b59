// The process that measures transformers.js on onnxruntime-node's WebGPU provider. Options: dtype, the suffix of the ONNX files. With the
// option `empty` it measures a session of one addition of four numbers instead: what the runtime costs before any work.

import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { measure, readJob } from '../memory/measure.ts';
import { loadPackage, versionOf } from './packages.ts';

type Transcriber = ((samples: Float32Array, options: object) => Promise<{ readonly text: string }>) & {
  dispose(): Promise<unknown>;
};

interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(task: 'automatic-speech-recognition', model: string, options: object): Promise<Transcriber>;
}

interface Session {
  run(feeds: object): Promise<object>;
  release(): Promise<void>;
}

interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object;
}

/** Ends of the files' names as transformers.js writes them. */
const SUFFIX: Readonly<Record<string, string>> = { fp32: '', fp16: '_fp16', q8: '_quantized', q4: '_q4' };
const GRAPHS = ['encoder_model', 'decoder_model_merged'] as const;
/** y = x + x for x of 4 floats: an ONNX ModelProto of opset 13. */
const ADDITION = 'CAgSADo3Cg4KAXgKAXgSAXkiA0FkZBIDYWRkWg8KAXgSCgoICAESBAoCCARiDwoBeRIKCggIARIECgIIBEIECgAQDQ==';

const job = readJob();
const { dtype = 'fp32', empty = false } = job.options as { dtype?: string; empty?: boolean };

await measure(job, empty ? emptySession : transcriber);

async function transcriber() {
  const { env, pipeline } = loadPackage<Transformers>('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.localModelPath = dirname(job.path);
  const transcribe = await pipeline('automatic-speech-recognition', basename(job.path), {
    device: 'webgpu',
    dtype,
    session_options: { intraOpNumThreads: availableParallelism() },
  });
  // Windows of 30 s without overlap, as the others cut them; timestamps, as the others decode them.
  const windows = { chunk_length_s: 30, stride_length_s: 0, return_timestamps: true };
  const options = job.model.endsWith('.en') ? windows : { ...windows, language: 'en', task: 'transcribe' };
  const files = GRAPHS.map((graph) => join(job.path, 'onnx', `${graph}${SUFFIX[dtype]}.onnx`));
  return {
    version: `${versionOf('@huggingface/transformers')}, ${versionOf('onnxruntime-node')}`,
    weightBytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    transcribe: async (samples: Float32Array) => (await transcribe(samples, options)).text,
    dispose: async () => void (await transcribe.dispose()),
  };
}

async function emptySession() {
  const { InferenceSession, Tensor } = loadPackage<Runtime>('onnxruntime-node');
  const session = await InferenceSession.create(Buffer.from(ADDITION, 'base64'), { executionProviders: ['webgpu'] });
  await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [4]) });
  return { version: versionOf('onnxruntime-node'), dispose: () => session.release() };
}
