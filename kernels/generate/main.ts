// `npm run generate`: writes the generated kernels beside the handwritten ones. A test holds that the files agree with their generators.

import { writeFileSync } from 'node:fs';
import { attentionCpu, crossAttentionRows } from './attention_cpu.ts';
import { linearCpu, stftCpu } from './linear_cpu.ts';

/** File name in kernels/ -> its text. */
export function generatedKernels(): Record<string, string> {
  return {
    'attention.cpu4.wgsl': attentionCpu({ lanes: 4, queries: 2, keys: 1 }),
    'attention.cpu8.wgsl': attentionCpu({ lanes: 8, queries: 2, keys: 2 }),
    'cross_attention.rows4.wgsl': crossAttentionRows({ lanes: 4, queries: 2, keys: 1 }),
    'cross_attention.rows8.wgsl': crossAttentionRows({ lanes: 8, queries: 1, keys: 2 }),
    'linear.cpu4.wgsl': linearCpu({ lanes: 4, block: 64 }),
    'linear.cpu8.wgsl': linearCpu({ lanes: 8, block: 64 }),
    'linear.cpu8f32.wgsl': linearCpu({ lanes: 8, block: 32 }),
    'stft.cpu4.wgsl': stftCpu({ lanes: 4, block: 32 }),
    'stft.cpu8.wgsl': stftCpu({ lanes: 8, block: 32 }),
  };
}

if (import.meta.filename === process.argv[1]) {
  for (const [file, text] of Object.entries(generatedKernels()))
    writeFileSync(new URL(`../${file}`, import.meta.url), text);
}
