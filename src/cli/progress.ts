// A progress bar on a terminal, nothing elsewhere.

import type { Progress } from '../whisper/options.ts';
import type { Io } from './io.ts';

export interface ProgressBar {
  readonly update: (progress: Progress) => void;
  readonly stop: () => void;
}

/** The bar's library is loaded only where it is drawn. */
export function progressBar(io: Io, wanted: boolean): ProgressBar {
  if (!wanted || !io.stderr.isTTY) return { update: () => {}, stop: () => {} };
  let bar: Promise<{ update(value: number): void; stop(): void }> | undefined;
  const start = async (duration: number) => {
    const { default: progress } = await import('cli-progress');
    const made = new progress.SingleBar(
      {
        format: '{bar} {percentage}% | {value} of {total} s | {eta_formatted} left',
        stream: io.stderr as NodeJS.WritableStream,
      },
      progress.Presets.shades_classic,
    );
    made.start(Math.ceil(duration), 0);
    return made;
  };
  return {
    update({ seconds, duration }) {
      bar ??= start(duration);
      void bar.then((b) => b.update(Math.round(seconds)));
    },
    stop() {
      void bar?.then((b) => b.stop());
      bar = undefined;
    },
  };
}
