import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Rungs of the test ladder by what a file's name says it needs; files without a rung in their name need nothing. */
const RUNGS = ['.null.', '.device.', '.model.'];

/** Smallest first: a broken packer should be seen before a wrong transcript. */
class Ladder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rung = ({ moduleId }: TestSpecification) => RUNGS.findIndex((name) => moduleId.includes(name));
    return (await super.sort(files)).sort((a, b) => rung(a) - rung(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    pool: 'forks', // Dawn's binding is not safe in worker threads
    maxWorkers: 1, // a software adapter already takes every core
    sequence: { sequencer: Ladder },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
