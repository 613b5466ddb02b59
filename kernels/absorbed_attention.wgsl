// Attention of absorbed queries over a share of the audio's features: unnormalised sums of features, to be joined by attention_reduce.
// One workgroup: one head of one row over one of `splits` runs of frames. Scores lie in shared memory; then invocations take columns.
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

const LANES = 64u;
const MAX_FRAMES = 512u; // in a run
const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)
var<workgroup> scores: array<f32, MAX_FRAMES>;
var<workgroup> partial: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let r = group.x; // rows side by side read the same features, which are cached then
  let n8 = params.n_state / 8u;
  let run = (params.n_frame + params.splits - 1u) / params.splits;
  let begin = min(group.z * run, params.n_frame);
  let used = rows[r].z != 0xffffffffu;
  let count = select(0u, min(run, params.n_frame - begin), used);
  let sequence = select(0u, rows[r].z, used);
  let base = ((sequence / params.sequences) * params.n_frame + begin) * n8;
  let query = (r * params.n_head + group.y) * n8 * 2u;

  var highest = -1e30;
  for (var t = i; t < count; t += LANES) {
    var score = 0.0;
    for (var c = 0u; c < n8; c++) {
      let e = xa8(base + t * n8 + c);
      score += dot(q[query + 2u * c], e[0]) + dot(q[query + 2u * c + 1u], e[1]);
    }
    score *= SCALE;
    scores[t] = score;
    highest = max(highest, score);
  }
  partial[i] = highest;
  workgroupBarrier();
  for (var lane = 0u; lane < LANES; lane++) { highest = max(highest, partial[lane]); }

  let out = ((r * params.n_head + group.y) * params.splits + group.z) * (n8 * 2u + 1u);
  for (var c = i; c < n8; c += LANES) {
    var o = mat2x4<f32>();
    for (var t = 0u; t < count; t++) { o += exp2(scores[t] - highest) * xa8(base + t * n8 + c); }
    y[out + 2u * c] = o[0];
    y[out + 2u * c + 1u] = o[1];
  }
  if (i != 0u) { return; }
  var weight = 0.0;
  for (var t = 0u; t < count; t++) { weight += exp2(scores[t] - highest); }
  y[out + n8 * 2u] = vec4<f32>(highest, weight, 0.0, 0.0);
}
