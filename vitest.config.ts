import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks', // Dawn's binding is not safe in worker threads
    maxWorkers: 1, // a software adapter already takes every core
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
