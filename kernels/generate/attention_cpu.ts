// Writes attention.cpu*.wgsl: a lane has some queries; the lanes of a subgroup fetch a row of keys or values together, each another part of
// it, and share it by broadcasts, all of which is done once for all its queries. Two keys a turn halve the rescaling of the running sums.
// And cross_attention.rows*.wgsl, the same for prompts and beams: rows of a table over a run of the audio's keys, sums left unnormalised.

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const HEAD = 64;
const chunks = range(HEAD / 4);

interface Shape {
  /** The adapter's subgroup size. */
  readonly lanes: number;
  /** Of a lane. More are faster, until the loop outgrows the processor's instruction cache, but take longer to compile. */
  readonly queries: number;
  /** Taken in a turn. */
  readonly keys: number;
}

/**
 * The loop over keys `begin` (t at first) to `end`, which begin at `row(key)`, in 8 elements. Of a lane's j-th query, which begins at q[ij]:
 * from qj_0 .. qj_15, scaled, to sums oj_0 .. oj_15, the highest score and the weight of all.
 */
function turns({ lanes, queries, keys }: Shape, begin: string, end: string, row: (key: string) => string): string {
  const loads = HEAD / 8 / lanes; // groups of 8 elements of a row that each lane fetches
  const fetch = (key: number, name: 'k' | 'v') =>
    range(loads).map((load) => `    let ${name}${key}_${load} = ${name}8(row${key} + ${load * lanes}u + lane);`);
  // Chunk c (4 elements) of a row is half `c & 1` of group `c >> 1`, which lane `group % lanes` fetched in load `group / lanes`.
  const share = (key: number, name: 'k' | 'v', c: number) => {
    const group = c >> 1;
    return `subgroupBroadcast(${name}${key}_${Math.floor(group / lanes)}[${c & 1}], ${group % lanes}u)`;
  };
  const rows = range(keys).map((key) => `    let row${key} = ${row(`min(t + ${key}u, ${end} - 1u)`)};`);
  const each = range(queries);
  const scores = range(keys).flatMap((key) => [
    ...fetch(key, 'k'),
    ...each.map((j) => `    var s${key}_${j} = vec4<f32>();`),
    ...chunks.flatMap((c) => [
      `    let k${key}c${c} = ${share(key, 'k', c)};`,
      ...each.map((j) => `    s${key}_${j} += q${j}_${c} * k${key}c${c};`),
    ]),
    ...each.map(
      (j) => `    let d${key}_${j} = select(-1e30, dot(s${key}_${j}, vec4<f32>(1.0)), t + ${key}u < ${end});`,
    ),
  ]);
  const softmax = each.flatMap((j) => [
    `    let next${j} = ${range(keys).reduce((e, key) => `max(${e}, d${key}_${j})`, `highest${j}`)};`,
    `    let fade${j} = exp2(highest${j} - next${j});`,
    `    highest${j} = next${j};`,
    ...range(keys).map((key) => `    let p${key}_${j} = exp2(d${key}_${j} - next${j});`),
    `    weight${j} = weight${j} * fade${j} + ${range(keys)
      .map((key) => `p${key}_${j}`)
      .join(' + ')};`,
  ]);
  const values = range(keys).flatMap((key) => fetch(key, 'v'));
  const sums = chunks.flatMap((c) => [
    ...range(keys).map((key) => `    let v${key}c${c} = ${share(key, 'v', c)};`),
    ...each.map((j) => {
      const terms = range(keys).map((key) => `p${key}_${j} * v${key}c${c}`);
      return `    o${j}_${c} = o${j}_${c} * fade${j} + ${terms.join(' + ')};`;
    }),
  ]);
  return `${each.flatMap((j) => chunks.map((c) => `  let q${j}_${c} = q[i${j} + ${c}u] * SCALE;`)).join('\n')}
${each.flatMap((j) => chunks.map((c) => `  var o${j}_${c} = vec4<f32>();`)).join('\n')}
${each.map((j) => `  var highest${j} = -1e30;\n  var weight${j} = 0.0;`).join('\n')}
  for (var t = ${begin}; t < ${end}; t += ${keys}u) {
${[...rows, ...scores, ...softmax, ...values, ...sums].join('\n')}
  }`;
}

const made = ({ lanes, queries, keys }: Shape) =>
  `// Made by kernels/generate/attention_cpu.ts: lanes ${lanes}, queries ${queries}, keys ${keys}. Edit that, then \`npm run generate\`.`;

const turn = ({ keys }: Shape) =>
  `${keys} ${keys === 1 ? 'key' : 'keys'} a turn, rows shared by broadcasts; online softmax.`;

/** attention.cpu*.wgsl */
export function attentionCpu(shape: Shape): string {
  const { lanes, queries } = shape;
  const each = range(queries);
  return `${made(shape)}
// y = softmax(q k^T / 8) v per head of 64, every query over all keys (the encoder); no matrix of scores in memory.
// One subgroup: ${lanes * queries} queries of one head, ${queries} a lane; ${turn(shape)}
enable subgroups;
//#import kv(k)

struct Params {
  n_query: u32,
  n_key: u32,
  n_state: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> q: array<vec4<f32>>; // [n_query, n_state]
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>; // [n_query, n_state]

const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
${each.map((j) => `  let query${j} = (group.x * ${queries}u + ${j}u) * ${lanes}u + lane;`).join('\n')}
${each.map((j) => `  let i${j} = (min(query${j}, params.n_query - 1u) * params.n_state + group.y * ${HEAD}u) / 4u;`).join('\n')}
${turns(shape, '0u', 'params.n_key', (key) => `${key} * (params.n_state / 8u) + group.y * 8u`)}
${each
  .flatMap((j) => [
    `  if (query${j} < params.n_query) {`,
    ...chunks.map((c) => `    y[i${j} + ${c}u] = o${j}_${c} / weight${j};`),
    '  }',
  ])
  .join('\n')}
}
`;
}

/** cross_attention.rows*.wgsl */
export function crossAttentionRows(shape: Shape): string {
  const { lanes, queries } = shape;
  const each = range(queries);
  return `${made(shape)}
// Attention of several decoder rows over a share of the keys of one audio: unnormalised sums, to be joined by attention_reduce.
// One subgroup: ${lanes * queries} rows of one head over one of \`splits\` runs of keys, ${queries} a lane;
// ${turn(shape)}
enable subgroups;
diagnostic(off, subgroup_uniformity); // subgroupAny is the same for all lanes, which the compiler does not see
//#import kv(k)

struct Params {
  n_rows: u32,
  n_state: u32,
  n_key: u32,
  splits: u32,
  sequences: u32, // all of them listen to the one audio
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> q: array<vec4<f32>>; // [n_rows, n_state]
@group(0) @binding(4) var<storage, read_write> rows: array<vec4<u32>>; // [n_rows] token, position, sequence, first
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [n_rows, heads, splits, 68] sums of 64, highest score, weight, 0, 0

const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
${each
  .flatMap((j) => [
    `  let row${j} = (group.x * ${queries}u + ${j}u) * ${lanes}u + lane;`,
    `  let r${j} = min(row${j}, params.n_rows - 1u);`,
    `  let used${j} = row${j} < params.n_rows && rows[r${j}].z != 0xffffffffu;`,
    `  let i${j} = (r${j} * params.n_state + group.y * ${HEAD}u) / 4u;`,
  ])
  .join('\n')}
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.z * run, params.n_key);
  let end = select(begin, min(begin + run, params.n_key), subgroupAny(${each.map((j) => `used${j}`).join(' || ')}));
${turns(shape, 'begin', 'end', (key) => `(group.y * params.n_key + ${key}) * 8u`)}
${each
  .flatMap((j) => [
    `  if (row${j} < params.n_rows) {`,
    `    let whole = select(0.0, 1.0, used${j});`,
    `    let o = ((row${j} * params.n_state / ${HEAD}u + group.y) * params.splits + group.z) * ${HEAD / 4 + 1}u;`,
    ...chunks.map((c) => `    y[o + ${c}u] = o${j}_${c} * whole;`),
    `    y[o + ${HEAD / 4}u] = vec4<f32>(select(-1e30, highest${j}, used${j}), weight${j} * whole, 0.0, 0.0);`,
    '  }',
  ])
  .join('\n')}
}
`;
}
