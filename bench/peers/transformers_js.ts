// The process that measures transformers.js on onnxruntime-node's WebGPU provider. Options: dtype, the suffix of the ONNX files. With the
// option `empty` it measures a session of one addition of four numbers instead: what the runtime costs before any work.

import { statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { drive } from '../engines/drive.ts';
import type { Stages } from '../engines/subject.ts';
import { type Job, readJob, timed } from '../process/answer.ts';
import { loadPackage, versionOf } from './packages.ts';

type Transcriber = ((samples: Float32Array, options: object) => Promise<{ readonly text: string }>) & {
  readonly model: { readonly sessions: Readonly<Record<string, Session>> };
  dispose(): Promise<unknown>;
};

interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(task: 'automatic-speech-recognition', model: string, options: object): Promise<Transcriber>;
}

interface Session {
  run: (...args: readonly object[]) => Promise<object>;
  release(): Promise<void>;
}

interface Runtime {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => object;
}

/** Ends of the files' names as transformers.js writes them. */
const SUFFIX: Readonly<Record<string, string>> = { fp32: '', fp16: '_fp16', q8: '_quantized', q4: '_q4' };
const DECODER = 'decoder_model_merged';
const GRAPHS = ['encoder_model', DECODER] as const;
/** y = x + x for x of 4 floats: an ONNX ModelProto of opset 13. */
const ADDITION = 'CAgSADo3Cg4KAXgKAXgSAXkiA0FkZBIDYWRkWg8KAXgSCgoICAESBAoCCARiDwoBeRIKCggIARIECgIIBEIECgAQDQ==';

if (readJob().options['empty'] === true) await drive(emptySession);
const { env, pipeline } = loadPackage<Transformers>('@huggingface/transformers');
await drive(transcriber);

async function transcriber({ path, model, suite, options: { dtype } }: Job) {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(path);
  const transcribe = await pipeline('automatic-speech-recognition', basename(path), {
    device: 'webgpu',
    dtype,
    session_options: { intraOpNumThreads: availableParallelism() },
  });
  // Windows of 30 s without overlap, as the others cut them.
  const windows = { chunk_length_s: 30, stride_length_s: 0, return_timestamps: suite === 'memory' };
  const options = model.endsWith('.en') ? windows : { ...windows, language: 'en', task: 'transcribe' };
  const clock = timeSessions(transcribe.model.sessions);
  const files = GRAPHS.map((graph) => join(path, 'onnx', `${graph}${SUFFIX[String(dtype)]}.onnx`));
  return {
    version: `${versionOf('@huggingface/transformers')}, ${versionOf('onnxruntime-node')}`,
    weightBytes: files.reduce((sum, file) => sum + statSync(file).size, 0),
    transcribe: async (samples: Float32Array) => {
      clock.clear();
      return (await transcribe(samples, options)).text;
    },
    stages: async () => stagesOf(clock),
    dispose: async () => void (await transcribe.dispose()),
  };
}

/** Seconds of each run of the encoder's and the decoder's session since the last clear, by the session's name. */
function timeSessions(sessions: Readonly<Record<string, Session>>): Map<string, number[]> {
  const clock = new Map<string, number[]>();
  for (const [name, session] of Object.entries(sessions)) {
    const run = session.run.bind(session);
    session.run = async (...args) => {
      const [outputs, seconds] = await timed(() => run(...args));
      clock.set(name, [...(clock.get(name) ?? []), seconds]);
      return outputs;
    };
  }
  return clock;
}

/** The decoder's first run has the prompt and the cross keys and values in it; each run after it gives a token. */
function stagesOf(clock: ReadonlyMap<string, readonly number[]>): Stages | undefined {
  const [encode] = clock.get('model') ?? [];
  const steps = clock.get(DECODER)?.slice(1);
  if (encode === undefined || steps === undefined) return undefined;
  return { encode, decode: steps.reduce((sum, seconds) => sum + seconds, 0), tokens: steps.length };
}

async function emptySession() {
  const { InferenceSession, Tensor } = loadPackage<Runtime>('onnxruntime-node');
  const session = await InferenceSession.create(Buffer.from(ADDITION, 'base64'), { executionProviders: ['webgpu'] });
  await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3, 4), [4]) });
  return { version: versionOf('onnxruntime-node'), dispose: () => session.release() };
}
