// Attention of decoder rows over a share of the audio's keys: unnormalised sums, to be joined by attention_reduce.
// One workgroup: one head of one row over one of `splits` runs of keys. Scores lie in shared memory; then 4 groups of 16 invocations sum.
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

const LANES = 64u;
const MAX_KEYS = 512u; // in a run
const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)
var<workgroup> scores: array<f32, MAX_KEYS>;
var<workgroup> partial: array<vec4<f32>, LANES>;

fn value4(i: u32, c: u32) -> vec4<f32> {
  return v8(i + c / 2u)[c % 2u];
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let r = group.x; // rows side by side read the same keys, which are cached then
  let head = group.y;
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.z * run, params.n_key);
  let used = rows[r].z != 0xffffffffu;
  let count = select(0u, min(run, params.n_key - begin), used);
  let sequence = select(0u, rows[r].z, used);
  let plane = sequence / params.sequences * (params.n_state / 64u) + head;
  let base = (plane * params.n_key + begin) * 8u;
  let query = (r * params.n_state + head * 64u) / 4u;

  var highest = -1e30;
  for (var t = i; t < count; t += LANES) {
    var score = 0.0;
    for (var c = 0u; c < 8u; c++) {
      let key = k8(base + t * 8u + c);
      score += dot(q[query + 2u * c], key[0]) + dot(q[query + 2u * c + 1u], key[1]);
    }
    score *= SCALE;
    scores[t] = score;
    highest = max(highest, score);
  }
  partial[i].x = highest;
  workgroupBarrier();
  for (var lane = 0u; lane < LANES; lane++) { highest = max(highest, partial[lane].x); }

  // Invocation i: elements 4 (i % 16) .. of the head, over every fourth key from i / 16 on.
  var o = vec4<f32>();
  var weight = 0.0;
  for (var t = i / 16u; t < count; t += LANES / 16u) {
    let p = exp2(scores[t] - highest);
    weight += p;
    o += p * value4(base + t * 8u, i % 16u);
  }
  workgroupBarrier();
  partial[i] = o;
  scores[i] = weight;
  workgroupBarrier();
  if (i >= 16u) { return; }
  for (var lane = i + 16u; lane < LANES; lane += 16u) {
    o += partial[lane];
    weight += scores[lane];
  }
  let out = ((r * params.n_state / 64u + head) * params.splits + group.z) * 17u;
  y[out + i] = o;
  if (i == 0u) { y[out + 16u] = vec4<f32>(highest, weight, 0.0, 0.0); }
}
