// Attention of decoder rows over a share of the audio's keys: unnormalised sums, to be joined by attention_reduce.
// One subgroup: one head of one row over one of `splits` runs of keys. Lanes stand side by side along the head; four keys a turn share one
// addition over lanes, and an online softmax. Little code: software drivers take long to compile loads.
enable subgroups;
diagnostic(off, subgroup_uniformity); // bounds come from the table of rows: the same for all lanes, which the compiler cannot see
//#import kv(k)
//#import softmax4

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

fn query8(i: u32, c: u32) -> mat2x4<f32> {
  return mat2x4<f32>(q[i + 2u * c] * SCALE, q[i + 2u * c + 1u] * SCALE);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let r = group.z;
  let head = group.y;
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.x * run, params.n_key);
  let used = rows[r].z != 0xffffffffu;
  let count = select(0u, min(run, params.n_key - begin), used); // the same for all lanes, as the additions over lanes ask
  let sequence = select(0u, rows[r].z, used);
  let plane = sequence / params.sequences * (params.n_state / 64u) + head;
  let base = (plane * params.n_key + begin) * 8u;
  let query = (r * params.n_state + head * 64u) / 4u;

  // The lane's part of the query: 8 elements, or 16 of a subgroup of four.
  let c = min(lane, 7u);
  let q0 = query8(query, c) * select(0.0, 1.0, lane < 8u);
  let q1 = query8(query, min(c + LANES, 7u));

  var s = softmax();
  var o0 = mat2x4<f32>();
  var o1 = mat2x4<f32>();
  for (var t = 0u; t < count; t += 4u) {
    let i0 = base + t * 8u + c;
    let i1 = base + min(t + 1u, count - 1u) * 8u + c;
    let i2 = base + min(t + 2u, count - 1u) * 8u + c;
    let i3 = base + min(t + 3u, count - 1u) * 8u + c;
    var sum = vec4<f32>(along(q0, k8(i0)), along(q0, k8(i1)), along(q0, k8(i2)), along(q0, k8(i3)));
    if (LANES < 8u) {
      sum += vec4<f32>(along(q1, k8(i0 + LANES)), along(q1, k8(i1 + LANES)), along(q1, k8(i2 + LANES)), along(q1, k8(i3 + LANES)));
    }
    s = turn4(s, t, count, subgroupAdd(sum), lane);
    o0 = s.fade * o0 + s.p.x * v8(i0) + s.p.y * v8(i1) + s.p.z * v8(i2) + s.p.w * v8(i3);
    if (LANES < 8u) {
      o1 = s.fade * o1 + s.p.x * v8(i0 + LANES) + s.p.y * v8(i1 + LANES) + s.p.z * v8(i2 + LANES) + s.p.w * v8(i3 + LANES);
    }
  }
  let out = ((r * params.n_state / 64u + head) * params.splits + group.x) * 17u;
  if (lane < 8u) {
    y[out + 2u * lane] = o0[0];
    y[out + 2u * lane + 1u] = o0[1];
  }
  if (LANES < 8u) {
    y[out + 2u * (lane + LANES)] = o1[0];
    y[out + 2u * (lane + LANES) + 1u] = o1[1];
  }
  if (lane == 0u) { y[out + 16u] = vec4<f32>(s.highest, s.weight, 0.0, 0.0); }
}
