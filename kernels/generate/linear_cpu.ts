// Writes linear.cpu*.wgsl and stft.cpu*.wgsl. Every lane of a subgroup holds the weights of four columns in named values and all lanes share the rows of x
// by broadcasts, because software drivers load lane by lane and loads, not arithmetic, bound them. Unrolled text: indexed arrays are slow.

export interface Layout {
  /** Lanes in a subgroup of the adapter. */
  readonly lanes: number;
  /** Length of K whose weights a lane holds at a time; more is faster and slower to compile. */
  readonly block: number;
}

/** What differs between the kernels of this form. */
interface Form extends Layout {
  /** Lines 2 and 3 of the file: what it computes. */
  readonly title: string;
  readonly imports: readonly string[];
  /** Fields of `struct Params`, as `name // comment`. */
  readonly fields: readonly string[];
  /** Number of columns of y and length of K, in WGSL. */
  readonly n: string;
  readonly k: string;
  /** WGSL of 16 weights of column `n`, from 16 * `k16` on. */
  weights(n: string, k16: string): string;
  /** WGSL before the first block: the sum's begin; `kb` and `o` are in scope. */
  readonly begin: string;
  /** WGSL after the last block, or none; `m` runs from `first` to `end`. */
  readonly after?: string;
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** The matrix product with weights as stored. */
export function linearCpu(layout: Layout): string {
  return heldWeights({
    ...layout,
    title: 'y[M, N] = x[M, K] * w[N, K]^T + bias[N], then GELU or added to what y holds.',
    imports: ['weight(w)', 'bias(bias)', 'gelu'],
    fields: [
      'm',
      'n',
      'k',
      'x_begin // floats before row 0 of x',
      'x_stride // floats from a row to the next',
      'accumulate',
      'gelu',
    ],
    n: 'params.n',
    k: 'params.k',
    weights: (n, k16) => `weight16(${n}, ${k16}, params.k)`,
    begin: 'select(bias4(n / 4u), vec4<f32>(), kb != 0u)',
    after: `  if (params.gelu != 0u) {
    for (var m = first; m < end; m++) {
      let o = (m * params.n + n) / 4u;
      y[o] = gelu(y[o]);
    }
  }
`,
  });
}

/** The short-time Fourier transform: a product with a basis that is computed, not stored. */
export function stftCpu(layout: Layout): string {
  return heldWeights({
    ...layout,
    title: 'Spectra of frames of samples under a Hann window: y[frame, bin] real, y[frame, 208 + bin] imaginary part.',
    imports: ['dft'],
    fields: ['m // frames', 'x_begin // samples before frame 0', 'x_stride // samples from a frame to the next'],
    n: 'COLUMNS',
    k: 'WINDOW',
    weights: (n, k16) => `basis16(${n}, ${k16})`,
    begin: 'vec4<f32>()',
  });
}

function heldWeights({ lanes, block, title, imports, fields, n, k, weights, begin, after }: Form): string {
  const loads = block / 4 / lanes; // vec4s of x that each lane fetches for a row
  const holds = range(4).flatMap((c) =>
    range(block / 16).map((i) => `    let w${c}_${i} = ${weights(`n + ${c}u`, `kb * ${block / 16}u + ${i}u`)};`),
  );
  const terms = range(loads).flatMap((load) => [
    `      let x${load} = x[j + ${load * lanes}u + lane];`,
    ...range(lanes).map((lane) => {
      const k4 = load * lanes + lane;
      const columns = range(4).map((c) => `dot(b, w${c}_${k4 >> 2}[${k4 & 3}])`);
      return `      { let b = subgroupBroadcast(x${load}, ${lane}u); sum += vec4<f32>(${columns.join(', ')}); }`;
    }),
  ]);
  const struct = fields.map((field) => {
    const [name, comment] = field.split(' // ');
    return `  ${name}: u32,${comment ? ` // ${comment}` : ''}`;
  });
  const accumulates = fields.includes('accumulate') ? 'kb != 0u || params.accumulate != 0u' : 'kb != 0u';
  return `// Made by kernels/generate/linear_cpu.ts: lanes ${lanes}, block ${block}. Edit that, then \`npm run generate\`.
// ${title}
// One subgroup: ${lanes * 4} columns of y and an equal share of its rows. A lane holds ${block} weights of each of its 4 columns at a time.
enable subgroups;
${imports.map((name) => `//#import ${name}`).join('\n')}

struct Params {
${struct.join('\n')}
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // M rows of K, which may overlap
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [M, N]

@compute @workgroup_size(${lanes})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let n = (group.x * ${lanes}u + lane) * 4u;
  let rows = (params.m + groups.y - 1u) / groups.y;
  let first = group.y * rows;
  let end = min(first + rows, params.m);
  for (var kb = 0u; kb < ${k} / ${block}u; kb++) {
${holds.join('\n')}
    for (var m = first; m < end; m++) {
      let j = (params.x_begin + m * params.x_stride + kb * ${block}u) / 4u;
      let o = (m * ${n} + n) / 4u;
      var sum = ${begin};
      if (${accumulates}) { sum += y[o]; }
${terms.join('\n')}
      y[o] = sum;
    }
  }
${after ?? ''}}
`;
}
