// What formats of weights cost a model in accuracy, measured on clips: each mixture beside the model as it is, one engine after another.
// Tokens that the model as it is picks are fed to every mixture (teacher forcing), so that distributions are compared after the same text.

import { OptionError } from '../errors.ts';
import { weightBytes } from '../graph/program.ts';
import { normalizeBasic } from '../text/normalizer/basic.ts';
import { normalizeEnglish } from '../text/normalizer/english.ts';
import { wordErrorRate } from '../text/wer.ts';
import type { WhisperEngine } from './engine.ts';
import { loadEngine } from './load_engine.ts';
import { findModel } from './model_folder.ts';
import { comparePosition, type Divergence, type PositionDivergence, summarise } from './report_divergence.ts';
import { type Clip, type Listening, listen, type OnRow } from './report_listening.ts';
import { DEFAULT_MIXTURES, type Mixture, readSizes } from './report_mixtures.ts';
import type { WeightChoice } from './weight_rules.ts';

/** Positions compared at most: the reference's logits, 0.2 MB each, wait in memory. */
const MOST_POSITIONS = 2048;

export interface ReportOptions {
  /** Default DEFAULT_MIXTURES. */
  readonly mixtures?: readonly Mixture[];
  /** What is said in each clip, in their order. */
  readonly transcripts?: readonly string[];
  readonly signal?: AbortSignal;
  /** A mixture is about to be loaded. */
  readonly onMixture?: (name: string) => void;
}

export interface MixtureReport {
  readonly mixture: string;
  /** Of tensors in a file. */
  readonly fileBytes: number;
  /** Of weight buffers as planned, and of all buffers. */
  readonly gpuWeightBytes: number;
  readonly gpuBytes: number;
  /** From the reference; not for itself. */
  readonly divergence?: Divergence;
  /** Word errors over words, after normalising, against the reference's text; not for itself, nor where that has no words. */
  readonly werToReference?: number;
  /** Against the transcripts, where there are any. */
  readonly werToTranscripts?: number;
  /** Greedy, of each clip. */
  readonly texts: readonly string[];
}

export interface WeightsReport {
  readonly adapter: string;
  /** The model at the precision of its file; its texts are greedy, without timestamps. */
  readonly reference: MixtureReport;
  readonly mixtures: readonly MixtureReport[];
  /** Compared, and in all. */
  readonly positions: number;
  readonly allPositions: number;
}

/**
 * Compares mixtures on audio files. Clips are cut at pauses, each window decoded greedily without the text before it, in the language that
 * the reference hears.
 * @throws ModelFileError for a quantised model, OptionError for mixtures or transcripts that do not fit, and what loading and listening throw.
 */
export async function reportWeights(
  pathOrName: string,
  audios: readonly string[],
  options: ReportOptions = {},
): Promise<WeightsReport> {
  const { mixtures = DEFAULT_MIXTURES, transcripts, onMixture, signal } = options;
  checkClips(audios, transcripts);
  const { precision, sourceBytes, mixtureBytes } = await readSizes(findModel(pathOrName), mixtures);
  const run = (choice: WeightChoice, name: string, onRow: OnRow, heard?: readonly Clip[]) => {
    onMixture?.(name);
    return listenToAll(pathOrName, choice, audios, { heard, onRow, signal });
  };
  const rows: Float32Array[] = [];
  const own = await run({ weights: precision, weightRules: [] }, precision, (row) => rows.push(row));
  if (rows.length === 0) throw new OptionError('report: expected sound in the audio files, got none');
  const ownTexts = own.clips.map(({ text }) => text);
  const reports: MixtureReport[] = [];
  for (const [i, mixture] of mixtures.entries()) {
    const compared: PositionDivergence[] = [];
    const compare = (row: Float32Array) => compared.push(comparePosition(rows[compared.length]!, row));
    const { clips, bytes } = await run(mixture, mixture.name, compare, own.clips);
    reports.push({
      ...{ mixture: mixture.name, fileBytes: mixtureBytes[i]!, ...bytes, divergence: summarise(compared) },
      ...wordErrors('werToReference', ownTexts, clips, own.clips),
      ...textReport(clips, own.clips, transcripts),
    });
  }
  const reference = {
    ...{ mixture: precision, fileBytes: sourceBytes, ...own.bytes },
    ...textReport(own.clips, own.clips, transcripts),
  };
  const windows = own.clips.flatMap((clip) => clip.windows);
  const allPositions = windows.reduce((sum, { tokens }) => sum + tokens.length + 1, 0);
  return { adapter: own.adapter, reference, mixtures: reports, positions: rows.length, allPositions };
}

function checkClips({ length }: readonly string[], transcripts: readonly string[] | undefined): void {
  if (length === 0) throw new OptionError('report: expected audio files, got none');
  if (!transcripts) return;
  if (transcripts.length !== length) {
    throw new OptionError(`report: expected a transcript for each of ${length} clips, got ${transcripts.length}`);
  }
  const blank = transcripts.findIndex((text) => normalizeBasic(text).trim() === '');
  if (blank >= 0) {
    throw new OptionError(`report: expected words because errors are counted in them, got none for clip ${blank + 1}`);
  }
}

/** All clips through one engine, which is gone afterwards. */
async function listenToAll(
  pathOrName: string,
  { weights, weightRules }: WeightChoice,
  audios: readonly string[],
  { heard, onRow, signal }: Pick<Listening, 'onRow' | 'signal'> & { readonly heard: readonly Clip[] | undefined },
) {
  await using loaded = await loadEngine(pathOrName, { weights, weightRules, ...(signal && { signal }) });
  const clips: Clip[] = [];
  let left = MOST_POSITIONS;
  for (const [i, path] of audios.entries()) {
    const { clip, positions } = await listen(loaded, path, { heard: heard?.[i], most: left, onRow, signal });
    clips.push(clip);
    left -= positions;
  }
  loaded.gpu.check();
  return { clips, bytes: bufferBytes(loaded.engine), adapter: loaded.gpu.name };
}

function bufferBytes({ program: { buffers } }: WhisperEngine) {
  const sum = (of: typeof buffers) => of.reduce((total, { bytes }) => total + bytes, 0);
  return { gpuWeightBytes: weightBytes(buffers), gpuBytes: sum(buffers) };
}

function textReport(clips: readonly Clip[], own: readonly Clip[], transcripts: readonly string[] | undefined) {
  return {
    texts: clips.map(({ text }) => text),
    ...(transcripts && wordErrors('werToTranscripts', transcripts, clips, own)),
  };
}

/** Errors over words of all clips, under a name; nothing where nothing was said. Languages are those that the reference heard. */
function wordErrors<Name extends string>(
  name: Name,
  said: readonly string[],
  clips: readonly Clip[],
  own: readonly Clip[],
): Partial<Record<Name, number>> {
  const counts = clips.map(({ text }, i) => {
    const normalize = own[i]!.language === 'en' ? normalizeEnglish : (words: string) => normalizeBasic(words);
    const errors = wordErrorRate(normalize(said[i]!), normalize(text));
    const { substitutions, deletions, insertions, hits } = errors;
    return { errors: substitutions + deletions + insertions, words: substitutions + deletions + hits };
  });
  const words = counts.reduce((sum, count) => sum + count.words, 0);
  if (words === 0) return {};
  return { [name]: counts.reduce((sum, { errors }) => sum + errors, 0) / words } as Record<Name, number>;
}
