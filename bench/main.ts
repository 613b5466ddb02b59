// `npm run bench -- <suite> [arguments]`

const SUITES: Readonly<Record<string, () => Promise<{ main(args: string[]): Promise<void> | void }>>> = {
  ops: () => import('./ops.ts'),
  planner: () => import('./planner.ts'),
  memory: () => import('./memory.ts'),
  speed: () => import('./speed.ts'),
  decoding: () => import('./decoding.ts'),
  batch: () => import('./batch.ts'),
  gpu: () => import('./gpu.ts'),
  steady: () => import('./steady.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
const suite = SUITES[name];
if (suite === undefined) {
  console.error(`bench: expected a suite among ${Object.keys(SUITES).join(', ')}, got '${name}'`);
  process.exit(2);
}
await (await suite()).main(args);
process.exit(0); // a device that is collected late would keep the process alive
