// Attention of decoder rows over a share of the audio's keys: unnormalised sums, to be joined by attention_reduce.
// One subgroup: one head of one row over one of `splits` runs of keys. Lanes stand side by side along the head; four keys a turn share one
// addition over lanes. Little code: software drivers take long to compile loads.
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
const MAX_KEYS = 512u; // in a run
const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)
var<workgroup> weights: array<f32, MAX_KEYS>; // scores at first

fn along(a: vec4<f32>, b: vec4<f32>, e: mat2x4<f32>) -> f32 {
  return dot(a, e[0]) + dot(b, e[1]);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let r = group.z;
  let head = group.y;
  let n8 = params.n_state / 8u;
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.x * run, params.n_key);
  let used = rows[r].z != 0xffffffffu;
  let count = min(run, params.n_key - begin); // the same for all lanes, as the additions over lanes ask
  let sequence = select(0u, rows[r].z, used);
  let base = ((sequence / params.sequences) * params.n_key + begin) * n8 + head * 8u;
  let query = (r * params.n_state + head * 64u) / 4u;

  // The lane's part of the query: 8 elements, or 16 of a subgroup of four.
  let a0 = q[query + 2u * min(lane, 7u)];
  let b0 = q[query + 2u * min(lane, 7u) + 1u];
  let a1 = q[query + 2u * min(lane + LANES, 7u)];
  let b1 = q[query + 2u * min(lane + LANES, 7u) + 1u];

  var highest = -1e30;
  for (var t = 0u; t < count; t += 4u) {
    let k0 = base + t * n8;
    let k1 = base + min(t + 1u, count - 1u) * n8;
    let k2 = base + min(t + 2u, count - 1u) * n8;
    let k3 = base + min(t + 3u, count - 1u) * n8;
    var sum = vec4<f32>();
    if (used && lane < 8u) {
      let c = lane;
      sum = vec4<f32>(along(a0, b0, k8(k0 + c)), along(a0, b0, k8(k1 + c)), along(a0, b0, k8(k2 + c)), along(a0, b0, k8(k3 + c)));
    }
    if (LANES < 8u && used) {
      let c = lane + LANES;
      sum += vec4<f32>(along(a1, b1, k8(k0 + c)), along(a1, b1, k8(k1 + c)), along(a1, b1, k8(k2 + c)), along(a1, b1, k8(k3 + c)));
    }
    let score = subgroupAdd(sum) * SCALE;
    highest = max(highest, max(max(score.x, score.y), max(score.z, score.w)));
    if (lane < 4u) { if (t + lane < count) { weights[t + lane] = score[lane]; } }
  }
  workgroupBarrier();
  var own = 0.0;
  var o0 = mat2x4<f32>();
  var o1 = mat2x4<f32>();
  for (var first = 0u; first < count; first += LANES) {
    let t = first + lane;
    let p = select(0.0, exp2(weights[min(t, MAX_KEYS - 1u)] - highest), used && t < count);
    own += p;
    for (var j = 0u; j < LANES; j++) {
      let i = base + min(first + j, count - 1u) * n8 + lane;
      let share = subgroupShuffle(p, j);
      if (lane < 8u) { o0 += share * v8(i); }
      if (LANES < 8u) { o1 += share * v8(i + LANES); }
    }
  }
  let weight = subgroupAdd(own);
  let out = ((r * params.n_state / 64u + head) * params.splits + group.x) * 17u;
  if (lane < 8u) {
    y[out + 2u * lane] = o0[0];
    y[out + 2u * lane + 1u] = o0[1];
  }
  if (LANES < 8u) {
    y[out + 2u * (lane + LANES)] = o1[0];
    y[out + 2u * (lane + LANES) + 1u] = o1[1];
  }
  if (lane == 0u) { y[out + 16u] = vec4<f32>(select(-1e30, highest, used), weight, 0.0, 0.0); }
}
