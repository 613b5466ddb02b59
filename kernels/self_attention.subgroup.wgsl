// Causal self-attention of new rows over their sequence's cache and the new rows before them; each row's key and value join the cache.
// One subgroup: one head of one row. Every lane keeps an online softmax over its own keys; the lanes join at the end. No barriers.
// A dispatch never reads what it appends: keys of this pass come from qkv.
enable subgroups;
//#import cache(k_cache)
//#import pages(pages)

struct Params {
  n_rows: u32,
  n_state: u32,
  context: u32, // positions a sequence has in the cache
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> qkv: array<vec4<f32>>; // [n_rows, 3, n_state]
@group(0) @binding(2) var<storage, read_write> rows: array<vec4<u32>>; // [n_rows] token, position, sequence, first
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [n_rows, n_state]

override LANES: u32 = 32u; // the adapter's subgroup size
const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)

fn read16(i: u32) -> mat4x4<f32> {
  return mat4x4<f32>(qkv[i], qkv[i + 1u], qkv[i + 2u], qkv[i + 3u]);
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
  let r = group.y;
  let row = rows[r];
  let n4 = params.n_state / 4u;
  let head = group.x * 16u;
  let unused = row.z == 0xffffffffu;
  let first = min(row.w, r);
  let cached = select(rows[first].y, 0u, unused);
  let total = cached + 1u + r - first;
  let sequence = select(row.z, 0u, unused);
  let q = r * 3u * n4 + head;
  let q0 = read16(q) * SCALE;
  let q1 = read16(q + 4u) * SCALE;
  let q2 = read16(q + 8u) * SCALE;
  let q3 = read16(q + 12u) * SCALE;
  var o0 = mat4x4<f32>();
  var o1 = mat4x4<f32>();
  var o2 = mat4x4<f32>();
  var o3 = mat4x4<f32>();
  var highest = -1e30;
  var weight = 0.0;

  for (var t = lane; t < cached; t += LANES) {
    let i = (page(sequence, t, params.context) * params.context + t) * n4 + head;
    let score = along(q0, cached_k16(i)) + along(q1, cached_k16(i + 4u)) + along(q2, cached_k16(i + 8u)) + along(q3, cached_k16(i + 12u));
    let next = max(highest, score);
    let fade = exp2(highest - next);
    let p = exp2(score - next);
    highest = next;
    weight = weight * fade + p;
    o0 = o0 * fade + p * cached_v16(i);
    o1 = o1 * fade + p * cached_v16(i + 4u);
    o2 = o2 * fade + p * cached_v16(i + 8u);
    o3 = o3 * fade + p * cached_v16(i + 12u);
  }
  for (var t = cached + lane; t < total; t += LANES) {
    let i = (first + t - cached) * 3u * n4 + n4 + head;
    let v = i + n4;
    let score = along(q0, read16(i)) + along(q1, read16(i + 4u)) + along(q2, read16(i + 8u)) + along(q3, read16(i + 12u));
    let next = max(highest, score);
    let fade = exp2(highest - next);
    let p = exp2(score - next);
    highest = next;
    weight = weight * fade + p;
    o0 = o0 * fade + p * read16(v);
    o1 = o1 * fade + p * read16(v + 4u);
    o2 = o2 * fade + p * read16(v + 8u);
    o3 = o3 * fade + p * read16(v + 12u);
  }

  let top = subgroupMax(highest);
  let own = exp2(highest - top);
  let scale = own / subgroupAdd(weight * own);
  o0 = joined(o0, scale);
  o1 = joined(o1, scale);
  o2 = joined(o2, scale);
  o3 = joined(o3, scale);
  if (lane == 0u) {
    let i = r * n4 + head;
    write16(i, o0);
    write16(i + 4u, o1);
    write16(i + 8u, o2);
    write16(i + 12u, o3);
  }
  if (!unused) {
    let base = (row.z * params.context + row.y) * n4 + head;
    for (var c = lane; c < 16u; c += LANES) { keep4(base, q + n4, q + 2u * n4, c); }
  }
}
