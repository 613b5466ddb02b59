// Causal self-attention of new rows over their sequence's cache and the new rows before them; each row's key and value join the cache.
// One subgroup: one head of one row. Lanes stand side by side along the head; four cached keys a turn share one addition over lanes, and the
// softmax goes along.
// A dispatch never reads what it appends: keys of this pass come from qkv. Little code: software drivers take long to compile loads.
enable subgroups;
diagnostic(off, subgroup_uniformity); // bounds come from the table of rows: the same for all lanes, which the compiler cannot see
//#import cache(k_cache)
//#import pages(pages)
//#import softmax4

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

  var s = softmax();
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
    s = turn4(s, t, cached, subgroupAdd(sum), lane);
    o0 = s.fade * o0 + s.p.x * cached_v8(at.x, c) + s.p.y * cached_v8(at.y, c) + s.p.z * cached_v8(at.z, c) + s.p.w * cached_v8(at.w, c);
    if (LANES < 8u) {
      o1 = s.fade * o1 + s.p.x * cached_v8(at.x, d) + s.p.y * cached_v8(at.y, d) + s.p.z * cached_v8(at.z, d) + s.p.w * cached_v8(at.w, d);
    }
  }
  for (var t = cached; t < total; t++) {
    let k = passing + (t - cached) * 3u * n4;
    var sum = along(q0, qkv8(k, c));
    if (LANES < 8u) { sum += along(q1, qkv8(k, d)); }
    s = turn4(s, t, t + 1u, vec4<f32>(subgroupAdd(sum)), lane); // a turn of one
    o0 = s.fade * o0 + s.p.x * qkv8(k + n4, c);
    if (LANES < 8u) { o1 = s.fade * o1 + s.p.x * qkv8(k + n4, d); }
  }
  let out = r * n4 + head + 2u * c;
  if (lane < 8u) {
    y[out] = o0[0] / s.weight;
    y[out + 1u] = o0[1] / s.weight;
  }
  if (LANES < 8u) {
    y[out + 2u * LANES] = o1[0] / s.weight;
    y[out + 2u * LANES + 1u] = o1[1] / s.weight;
  }
  if (!unused) {
    let base = (row.z * params.context + row.y) * n4 + head;
    for (var i = lane; i < 16u; i += LANES) { keep4(base, q + n4, q + 2u * n4, i); }
  }
}
