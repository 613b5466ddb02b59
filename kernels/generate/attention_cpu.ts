// Writes attention.cpu*.wgsl: one query a lane; the lanes of a subgroup fetch a row of keys or values together, each another part of it,
// and share it by broadcasts. Two keys a turn halve the rescaling of the running sums; more would compile for minutes on lavapipe. On
// SwiftShader the code of two seems to outgrow the processor's instruction cache: one key a turn takes half the time.

const range = (n: number) => Array.from({ length: n }, (_, i) => i);
const HEAD = 64;

/** `lanes`: the adapter's subgroup size. `keys`: taken in a turn. */
export function attentionCpu({ lanes, keys }: { readonly lanes: number; readonly keys: number }): string {
  const loads = HEAD / 8 / lanes; // groups of 8 elements of a row that each lane fetches
  const chunks = range(HEAD / 4);
  const fetch = (key: number, name: 'k' | 'v') =>
    range(loads).map((load) => `    let ${name}${key}_${load} = ${name}8(row${key} + ${load * lanes}u + lane);`);
  // Chunk c (4 elements) of a row is half `c & 1` of group `c >> 1`, which lane `group % lanes` fetched in load `group / lanes`.
  const share = (key: number, name: 'k' | 'v', c: number) => {
    const group = c >> 1;
    return `subgroupBroadcast(${name}${key}_${Math.floor(group / lanes)}[${c & 1}], ${group % lanes}u)`;
  };
  const rows = range(keys).map(
    (key) => `    let row${key} = min(t + ${key}u, params.n_key - 1u) * (params.n_state / 8u) + group.y * 8u;`,
  );
  const scores = range(keys).flatMap((key) => [
    ...fetch(key, 'k'),
    `    var s${key} = vec4<f32>();`,
    ...chunks.map((c) => `    s${key} += q${c} * ${share(key, 'k', c)};`),
    `    let d${key} = select(-1e30, dot(s${key}, vec4<f32>(1.0)), t + ${key}u < params.n_key);`,
  ]);
  const weights = range(keys).map((key) => `    let p${key} = exp2(d${key} - next);`);
  const values = range(keys).flatMap((key) => fetch(key, 'v'));
  const sums = chunks.map((c) => {
    const terms = range(keys).map((key) => `p${key} * ${share(key, 'v', c)}`);
    return `    o${c} = o${c} * fade + ${terms.join(' + ')};`;
  });
  return `// Made by kernels/generate/attention_cpu.ts: lanes ${lanes}, keys ${keys}. Edit that, then \`npm run generate\`.
// y = softmax(q k^T / 8) v per head of 64, every query over all keys (the encoder); no matrix of scores in memory.
// One subgroup: ${lanes} queries of one head, one a lane; ${keys} ${keys === 1 ? 'key' : 'keys'} a turn, rows shared by broadcasts; online softmax.
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
${chunks.map((c) => `  let q${c} = q[i + ${c}u] * SCALE;`).join('\n')}
${chunks.map((c) => `  var o${c} = vec4<f32>();`).join('\n')}
  var highest = -1e30;
  var sum = 0.0;
  for (var t = 0u; t < params.n_key; t += ${keys}u) {
${[...rows, ...scores].join('\n')}
    let next = ${range(keys).reduce((e, key) => `max(${e}, d${key})`, 'highest')};
    let fade = exp2(highest - next);
    highest = next;
${weights.join('\n')}
    sum = sum * fade + ${range(keys)
      .map((key) => `p${key}`)
      .join(' + ')};
${[...values, ...sums].join('\n')}
  }
  if (query < params.n_query) {
${chunks.map((c) => `    y[i + ${c}u] = o${c} / sum;`).join('\n')}
  }
}
`;
}
