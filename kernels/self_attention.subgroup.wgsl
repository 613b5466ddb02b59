// Causal self-attention of new rows over their sequence's cache and the new rows before them; each row's key and value join the cache.
// One subgroup: one head of one row. Lanes stand side by side along the head; four cached keys a turn share one addition over lanes, and the
// softmax goes along.
// A dispatch never reads what it appends: keys of this pass come from qkv. Little code: software drivers take long to compile loads.
enable subgroups;
diagnostic(off, subgroup_uniformity); // bounds come from the table of rows: the same for all lanes, which the compiler cannot see
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

// Elements 8 * c .. 8 * c + 7 of a head that begins at qkv[i].
fn qkv8(i: u32, c: u32) -> mat2x4<f32> {
  return mat2x4<f32>(qkv[i + 2u * c], qkv[i + 2u * c + 1u]);
}

fn along(a: mat2x4<f32>, b: mat2x4<f32>) -> f32 {
  return dot(a[0], b[0]) + dot(a[1], b[1]);
}

// Where position t of a head's cache lies, in vec4s.
fn place(sequence: u32, t: u32, head: u32) -> u32 {
  return (page(sequence, t, params.context) * params.context + t) * (params.n_state / 4u) + head;
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
  let passing = first * 3u * n4 + n4 + head; // key of the first new row
  // The lane's part of the query: 8 elements, or 16 of a subgroup of four; none past the head's end.
  let c = min(lane, 7u);
  let d = min(lane + LANES, 7u);
  let q0 = qkv8(q, c) * select(0.0, SCALE, lane < 8u);
  let q1 = qkv8(q, d) * select(0.0, SCALE, LANES < 8u);

  var highest = -1e30;
  var weight = 0.0;
  var o0 = mat2x4<f32>();
  var o1 = mat2x4<f32>();
  for (var t = 0u; t < cached; t += 4u) {
    let i = min(vec4<u32>(t) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(cached - 1u));
    let at = vec4<u32>(place(sequence, i.x, head), place(sequence, i.y, head), place(sequence, i.z, head), place(sequence, i.w, head));
    var sum = vec4<f32>(
      along(q0, cached_k8(at.x, c)), along(q0, cached_k8(at.y, c)), along(q0, cached_k8(at.z, c)), along(q0, cached_k8(at.w, c)),
    );
    if (LANES < 8u) {
      sum += vec4<f32>(
        along(q1, cached_k8(at.x, d)), along(q1, cached_k8(at.y, d)), along(q1, cached_k8(at.z, d)), along(q1, cached_k8(at.w, d)),
      );
    }
    let within = vec4<u32>(t) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(cached);
    let score = select(vec4<f32>(-1e30), subgroupAdd(sum), within);
    let next = max(highest, max(max(score.x, score.y), max(score.z, score.w)));
    let fade = exp2(highest - next);
    highest = next;
    let own = exp2(select(select(score.x, score.y, lane == 1u), select(score.z, score.w, lane == 3u), lane > 1u) - next);
    let p = vec4<f32>(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u), subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));
    weight = weight * fade + p.x + p.y + p.z + p.w;
    o0 = fade * o0 + p.x * cached_v8(at.x, c) + p.y * cached_v8(at.y, c) + p.z * cached_v8(at.z, c) + p.w * cached_v8(at.w, c);
    if (LANES < 8u) {
      o1 = fade * o1 + p.x * cached_v8(at.x, d) + p.y * cached_v8(at.y, d) + p.z * cached_v8(at.z, d) + p.w * cached_v8(at.w, d);
    }
  }
  for (var t = cached; t < total; t++) {
    let k = passing + (t - cached) * 3u * n4;
    var sum = along(q0, qkv8(k, c));
    if (LANES < 8u) { sum += along(q1, qkv8(k, d)); }
    let score = subgroupAdd(sum);
    let next = max(highest, score);
    let fade = exp2(highest - next);
    highest = next;
    let p = exp2(score - next);
    weight = weight * fade + p;
    o0 = fade * o0 + p * qkv8(k + n4, c);
    if (LANES < 8u) { o1 = fade * o1 + p * qkv8(k + n4, d); }
  }
  let out = r * n4 + head + 2u * c;
  if (lane < 8u) {
    y[out] = o0[0] / weight;
    y[out + 1u] = o0[1] / weight;
  }
  if (LANES < 8u) {
    y[out + 2u * LANES] = o1[0] / weight;
    y[out + 2u * LANES + 1u] = o1[1] / weight;
  }
  if (!unused) {
    let base = (row.z * params.context + row.y) * n4 + head;
    for (var i = lane; i < 16u; i += LANES) { keep4(base, q + n4, q + 2u * n4, i); }
  }
}
