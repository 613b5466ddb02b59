// Attention of absorbed queries over a share of the audio's features: unnormalised sums of features, to be joined by attention_reduce.
// One subgroup: one head of one row over one of `splits` runs of frames. Lanes stand side by side along the features, so all loads are
// of neighbours; four frames a turn share one addition over lanes.
enable subgroups;
diagnostic(off, subgroup_uniformity); // bounds come from the table of rows: the same for all lanes, which the compiler cannot see
//#import features(xa)

struct Params {
  n_rows: u32,
  n_head: u32,
  n_state: u32,
  n_frame: u32,
  splits: u32,
  sequences: u32, // sequences that listen to one audio
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> q: array<vec4<f32>>; // [n_rows, n_head, n_state]
@group(0) @binding(3) var<storage, read_write> rows: array<vec4<u32>>; // [n_rows] token, position, sequence, first
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>; // [n_rows, n_head, splits, n_state + 4] sums, highest score, weight, 0, 0

override LANES: u32 = 32u; // the adapter's subgroup size
const MAX_FRAMES = 512u; // in a run
const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)
var<workgroup> weights: array<f32, MAX_FRAMES>; // scores at first

fn along(a: vec4<f32>, b: vec4<f32>, e: mat2x4<f32>) -> f32 {
  return dot(a, e[0]) + dot(b, e[1]);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let r = group.z;
  let n8 = params.n_state / 8u;
  let run = (params.n_frame + params.splits - 1u) / params.splits;
  let begin = min(group.x * run, params.n_frame);
  let used = rows[r].z != 0xffffffffu;
  let count = select(0u, min(run, params.n_frame - begin), used); // the same for all lanes, as the additions over lanes ask
  let sequence = select(0u, rows[r].z, used);
  let base = ((sequence / params.sequences) * params.n_frame + begin) * n8;
  let query = (r * params.n_head + group.y) * n8 * 2u;

  var highest = -1e30;
  for (var t = 0u; t < count; t += 4u) {
    let f0 = base + t * n8;
    let f1 = base + min(t + 1u, count - 1u) * n8;
    let f2 = base + min(t + 2u, count - 1u) * n8;
    let f3 = base + min(t + 3u, count - 1u) * n8;
    var sum = vec4<f32>();
    for (var c = lane; c < n8; c += LANES) {
      let a = q[query + 2u * c];
      let b = q[query + 2u * c + 1u];
      sum += vec4<f32>(along(a, b, xa8(f0 + c)), along(a, b, xa8(f1 + c)), along(a, b, xa8(f2 + c)), along(a, b, xa8(f3 + c)));
    }
    let score = subgroupAdd(sum) * SCALE;
    highest = max(highest, max(max(score.x, score.y), max(score.z, score.w)));
    if (lane < 4u) { if (t + lane < count) { weights[t + lane] = score[lane]; } }
  }
  workgroupBarrier();
  var own = 0.0;
  for (var t = lane; t < count; t += LANES) {
    weights[t] = exp2(weights[t] - highest);
    own += weights[t];
  }
  let weight = subgroupAdd(own);
  workgroupBarrier();

  let out = ((r * params.n_head + group.y) * params.splits + group.x) * (n8 * 2u + 1u);
  for (var c = lane; c < n8; c += LANES) {
    var o = mat2x4<f32>();
    for (var t = 0u; t < count; t++) { o += weights[t] * xa8(base + t * n8 + c); }
    y[out + 2u * c] = o[0];
    y[out + 2u * c + 1u] = o[1];
  }
  if (lane == 0u) { y[out + n8 * 2u] = vec4<f32>(highest, weight, 0.0, 0.0); }
}
