// Attention of decoder rows over a share of the audio's keys: unnormalised sums, to be joined by attention_reduce.
// One subgroup: one head of one row over one of `splits` runs of keys. Every lane keeps an online softmax over its own keys; no barriers.
enable subgroups;
//#import kv(k)

struct Params {
  n_rows: u32,
  n_state: u32,
  n_key: u32,
  splits: u32,
  sequences: u32, // sequences that listen to one audio
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> q: array<vec4<f32>>; // [n_rows, n_state]
@group(0) @binding(4) var<storage, read_write> rows: array<vec4<u32>>; // [n_rows] token, position, sequence, first
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [n_rows, heads, splits, 68] sums of 64, highest score, weight, 0, 0

override LANES: u32 = 32u; // the adapter's subgroup size
const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)

fn read16(i: u32) -> mat4x4<f32> {
  return mat4x4<f32>(q[i], q[i + 1u], q[i + 2u], q[i + 3u]);
}
fn k16(i: u32) -> mat4x4<f32> {
  let a = k8(i);
  let b = k8(i + 1u);
  return mat4x4<f32>(a[0], a[1], b[0], b[1]);
}
fn v16(i: u32) -> mat4x4<f32> {
  let a = v8(i);
  let b = v8(i + 1u);
  return mat4x4<f32>(a[0], a[1], b[0], b[1]);
}
fn along(a: mat4x4<f32>, b: mat4x4<f32>) -> f32 {
  return dot(a[0], b[0]) + dot(a[1], b[1]) + dot(a[2], b[2]) + dot(a[3], b[3]);
}
fn joined(o: mat4x4<f32>, scale: f32) -> mat4x4<f32> {
  return mat4x4<f32>(subgroupAdd(o[0] * scale), subgroupAdd(o[1] * scale), subgroupAdd(o[2] * scale), subgroupAdd(o[3] * scale));
}
fn write16(i: u32, o: mat4x4<f32>) {
  y[i] = o[0];
  y[i + 1u] = o[1];
  y[i + 2u] = o[2];
  y[i + 3u] = o[3];
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let r = group.z;
  let head = group.y;
  let n8 = params.n_state / 8u;
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.x * run, params.n_key);
  let used = rows[r].z != 0xffffffffu;
  let end = select(begin, min(begin + run, params.n_key), used);
  let sequence = select(0u, rows[r].z, used);
  let base = (sequence / params.sequences) * params.n_key * n8 + head * 8u;
  let query = (r * params.n_state + head * 64u) / 4u;
  let q0 = read16(query) * SCALE;
  let q1 = read16(query + 4u) * SCALE;
  let q2 = read16(query + 8u) * SCALE;
  let q3 = read16(query + 12u) * SCALE;
  var o0 = mat4x4<f32>();
  var o1 = mat4x4<f32>();
  var o2 = mat4x4<f32>();
  var o3 = mat4x4<f32>();
  var highest = -1e30;
  var weight = 0.0;
  for (var t = begin + lane; t < end; t += LANES) {
    let i = base + t * n8;
    let score = along(q0, k16(i)) + along(q1, k16(i + 2u)) + along(q2, k16(i + 4u)) + along(q3, k16(i + 6u));
    let next = max(highest, score);
    let fade = exp2(highest - next);
    let p = exp2(score - next);
    highest = next;
    weight = weight * fade + p;
    o0 = o0 * fade + p * v16(i);
    o1 = o1 * fade + p * v16(i + 2u);
    o2 = o2 * fade + p * v16(i + 4u);
    o3 = o3 * fade + p * v16(i + 6u);
  }
  let top = subgroupMax(highest);
  let own = exp2(highest - top);
  o0 = joined(o0, own);
  o1 = joined(o1, own);
  o2 = joined(o2, own);
  o3 = joined(o3, own);
  weight = subgroupAdd(weight * own);
  if (lane == 0u) {
    let i = ((r * params.n_state / 64u + head) * params.splits + group.x) * 17u;
    write16(i, o0);
    write16(i + 4u, o1);
    write16(i + 8u, o2);
    write16(i + 12u, o3);
    y[i + 16u] = vec4<f32>(top, weight, 0.0, 0.0);
  }
}
