// Writes attention.cpu*.wgsl: one query a lane; the lanes of a subgroup fetch a row of keys or values together, each another part of it,
// and share it by broadcasts. Two keys a turn halve the rescaling of the running sums; more would compile for minutes on lavapipe. On
// SwiftShader the code of two seems to outgrow the processor's instruction cache: one key a turn takes half the time.
// And cross_attention.rows*.wgsl, the same for prompts and beams: rows of a table over a run of the audio's keys, sums left unnormalised.

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const HEAD = 64;
const chunks = range(HEAD / 4);

/** `lanes`: the adapter's subgroup size. `keys`: taken in a turn. */
interface Shape {
  readonly lanes: number;
  readonly keys: number;
}

/** The loop over keys `begin` (t at first) to `end`: from q0 .. q15, scaled, to o0 .. o15, their `highest` score and their `sum`. */
function turns({ lanes, keys }: Shape, begin: string, end: string): string {
  const loads = HEAD / 8 / lanes; // groups of 8 elements of a row that each lane fetches
  const fetch = (key: number, name: 'k' | 'v') =>
    range(loads).map((load) => `    let ${name}${key}_${load} = ${name}8(row${key} + ${load * lanes}u + lane);`);
  // Chunk c (4 elements) of a row is half `c & 1` of group `c >> 1`, which lane `group % lanes` fetched in load `group / lanes`.
  const share = (key: number, name: 'k' | 'v', c: number) => {
    const group = c >> 1;
    return `subgroupBroadcast(${name}${key}_${Math.floor(group / lanes)}[${c & 1}], ${group % lanes}u)`;
  };
  const rows = range(keys).map(
    (key) => `    let row${key} = min(t + ${key}u, ${end} - 1u) * (params.n_state / 8u) + group.y * 8u;`,
  );
  const scores = range(keys).flatMap((key) => [
    ...fetch(key, 'k'),
    `    var s${key} = vec4<f32>();`,
    ...chunks.map((c) => `    s${key} += q${c} * ${share(key, 'k', c)};`),
    `    let d${key} = select(-1e30, dot(s${key}, vec4<f32>(1.0)), t + ${key}u < ${end});`,
  ]);
  const weights = range(keys).map((key) => `    let p${key} = exp2(d${key} - next);`);
  const values = range(keys).flatMap((key) => fetch(key, 'v'));
  const sums = chunks.map((c) => {
    const terms = range(keys).map((key) => `p${key} * ${share(key, 'v', c)}`);
    return `    o${c} = o${c} * fade + ${terms.join(' + ')};`;
  });
  return `${chunks.map((c) => `  let q${c} = q[i + ${c}u] * SCALE;`).join('\n')}
${chunks.map((c) => `  var o${c} = vec4<f32>();`).join('\n')}
  var highest = -1e30;
  var sum = 0.0;
  for (var t = ${begin}; t < ${end}; t += ${keys}u) {
${[...rows, ...scores].join('\n')}
    let next = ${range(keys).reduce((e, key) => `max(${e}, d${key})`, 'highest')};
    let fade = exp2(highest - next);
    highest = next;
${weights.join('\n')}
    sum = sum * fade + ${range(keys)
      .map((key) => `p${key}`)
      .join(' + ')};
${[...values, ...sums].join('\n')}
  }`;
}

const made = ({ lanes, keys }: Shape) =>
  `// Made by kernels/generate/attention_cpu.ts: lanes ${lanes}, keys ${keys}. Edit that, then \`npm run generate\`.`;

const turn = ({ keys }: Shape) =>
  `${keys} ${keys === 1 ? 'key' : 'keys'} a turn, rows shared by broadcasts; online softmax.`;

/** attention.cpu*.wgsl */
export function attentionCpu(shape: Shape): string {
  const { lanes } = shape;
  return `${made(shape)}
// y = softmax(q k^T / 8) v per head of 64, every query over all keys (the encoder); no matrix of scores in memory.
// One subgroup: ${lanes} queries of one head, one a lane; ${turn(shape)}
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
  let query = group.x * ${lanes}u + lane;
  let i = (min(query, params.n_query - 1u) * params.n_state + group.y * ${HEAD}u) / 4u;
${turns(shape, '0u', 'params.n_key')}
  if (query < params.n_query) {
${chunks.map((c) => `    y[i + ${c}u] = o${c} / sum;`).join('\n')}
  }
}
`;
}

/** cross_attention.rows*.wgsl */
export function crossAttentionRows(shape: Shape): string {
  const { lanes } = shape;
  return `${made(shape)}
// Attention of several decoder rows over a share of the keys of one audio: unnormalised sums, to be joined by attention_reduce.
// One subgroup: ${lanes} rows of one head over one of \`splits\` runs of keys, a row a lane; ${turn(shape)}
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
  let row = group.x * ${lanes}u + lane;
  let r = min(row, params.n_rows - 1u);
  let used = row < params.n_rows && rows[r].z != 0xffffffffu;
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.z * run, params.n_key);
  let end = select(begin, min(begin + run, params.n_key), subgroupAny(used));
  let i = (r * params.n_state + group.y * ${HEAD}u) / 4u;
${turns(shape, 'begin', 'end')}
  if (row >= params.n_rows) { return; }
  let whole = select(0.0, 1.0, used);
  let o = ((row * params.n_state / ${HEAD}u + group.y) * params.splits + group.z) * ${HEAD / 4 + 1}u;
${chunks.map((c) => `  y[o + ${c}u] = o${c} * whole;`).join('\n')}
  y[o + ${HEAD / 4}u] = vec4<f32>(select(-1e30, highest, used), sum * whole, 0.0, 0.0);
}
`;
}
