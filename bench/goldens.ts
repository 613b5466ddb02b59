// `npm run goldens [filter]`: every golden of openai/whisper against our result, as a table: tokens, times, words, scores.
// Needs the f16 weights of tiny.en and base: WHISPER_WGSL_MODELS names the folder.

import type { Segment } from '../src/output/result.ts';
import { Whisper } from '../src/whisper/whisper.ts';
import { clipPath, type GoldenCase, goldenCases, loadFor, optionsOf } from '../test/support/golden_case.ts';
import { goldenJson } from '../test/support/goldens.ts';
import { realModel } from '../test/support/weights.ts';

interface Transcript {
  readonly segments: readonly Segment[];
}

const SCORES = ['avg_logprob', 'compression_ratio', 'no_speech_prob'] as const;

/** `same`, or what it takes to see the difference. */
interface Verdict {
  readonly tokens: string;
  readonly times: string;
  readonly words: string;
  readonly scores: string;
}

function compare(ours: Transcript, golden: Transcript): Verdict {
  const list = (of: Transcript, pick: (segment: Segment) => unknown) => of.segments.map((s) => JSON.stringify(pick(s)));
  const verdict = (pick: (segment: Segment) => unknown) => {
    const want = list(golden, pick);
    const got = list(ours, pick);
    const wrong = want.filter((value, i) => value !== got[i]).length + Math.max(0, got.length - want.length);
    return wrong === 0 ? 'same' : `${wrong} of ${want.length} differ`;
  };
  const wordsOf = (of: Transcript) => of.segments.flatMap((s) => s.words ?? []);
  const wanted = wordsOf(golden);
  const heard = wordsOf(ours);
  const late = wanted.map((word, i) =>
    Math.max(Math.abs(word.start - (heard[i]?.start ?? 1e9)), Math.abs(word.end - (heard[i]?.end ?? 1e9))),
  );
  const moved = late.filter((seconds) => seconds > 0);
  const worst = golden.segments.flatMap((segment, i) =>
    SCORES.map((name) => Math.abs(segment[name] - (ours.segments[i]?.[name] ?? 1e9))),
  );
  return {
    tokens: verdict((s) => s.tokens),
    times: verdict((s) => [s.seek, s.start, s.end]),
    words:
      wanted.length === 0
        ? '-'
        : moved.length === 0
          ? 'same'
          : `${moved.length} of ${wanted.length} off by up to ${Math.max(...moved).toFixed(2)} s`,
    scores: Math.max(0, ...worst) <= 1e-3 ? 'same' : `off by ${Math.max(...worst).toExponential(1)}`,
  };
}

const filter = new RegExp(process.argv[2] ?? '');
const cases = goldenCases().filter((c) => filter.test(c.file));
let engine: { readonly key: string; readonly whisper: Whisper } | undefined;

async function engineFor(golden: GoldenCase, path: string): Promise<Whisper> {
  const load = { weights: 'f16', ...loadFor(golden) } as const;
  const key = JSON.stringify([path, load]);
  if (engine?.key === key) return engine.whisper;
  await engine?.whisper.dispose();
  engine = undefined;
  engine = { key, whisper: await Whisper.load(path, load) };
  process.stderr.write(`${golden.model}, f16, ${JSON.stringify(loadFor(golden))} on '${engine.whisper.adapter}'\n`);
  return engine.whisper;
}

const groups = ['{}', '{"sequences":5}', '{"words":true}'];
const order = (golden: GoldenCase) => `${golden.model}${groups.indexOf(JSON.stringify(loadFor(golden)))}`;
process.stdout.write(
  '| golden | tokens | times | words | scores | openai repeats it | least margin |\n|---|---|---|---|---|---|---|\n',
);
const counts = { same: 0, differ: 0, missing: 0 };
for (const golden of cases.toSorted((a, b) => order(a).localeCompare(order(b)))) {
  const path = realModel(golden.model);
  if (path === undefined) {
    counts.missing += 1;
    continue;
  }
  const whisper = await engineFor(golden, path);
  const ours = await whisper.transcribe(clipPath(golden), optionsOf(golden));
  const verdict = Object.values(compare(ours, goldenJson<Transcript>(`transcripts/${golden.file}`)));
  const same = verdict.every((v) => v === 'same' || v === '-');
  counts[same ? 'same' : 'differ'] += 1;
  const repeats = golden.stable_tokens ? (golden.stable_words === false ? 'not its words' : 'yes') : 'no';
  const margin = golden.min_greedy_margin?.toFixed(4) ?? '-';
  process.stdout.write(`| ${golden.file} | ${verdict.join(' | ')} | ${repeats} | ${margin} |\n`);
}
await engine?.whisper.dispose();
process.stdout.write(
  `\n${counts.same} the same, ${counts.differ} not, ${counts.missing} skipped for want of weights\n`,
);
process.exit(counts.missing > 0 ? 1 : 0);
