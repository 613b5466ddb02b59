// Made by kernels/generate/attention_cpu.ts: lanes 8, keys 2. Edit that, then `npm run generate`.
// Attention of several decoder rows over a share of the keys of one audio: unnormalised sums, to be joined by attention_reduce.
// One subgroup: 8 rows of one head over one of `splits` runs of keys, a row a lane; 2 keys a turn, rows shared by broadcasts; online softmax.
enable subgroups;
diagnostic(off, subgroup_uniformity); // subgroupAny is the same for all lanes, which the compiler does not see
//#import kv(k)

struct Params {
  n_rows: u32,
  n_state: u32,
  n_key: u32,
  splits: u32,
  sequences: u32, // all of them listen to the one audio
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> q: array<vec4<f32>>; // [n_rows, n_state]
@group(0) @binding(4) var<storage, read_write> rows: array<vec4<u32>>; // [n_rows] token, position, sequence, first
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [n_rows, heads, splits, 68] sums of 64, highest score, weight, 0, 0

const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)

@compute @workgroup_size(8)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let row = group.x * 8u + lane;
  let r = min(row, params.n_rows - 1u);
  let used = row < params.n_rows && rows[r].z != 0xffffffffu;
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.z * run, params.n_key);
  let end = select(begin, min(begin + run, params.n_key), subgroupAny(used));
  let i = (r * params.n_state + group.y * 64u) / 4u;
  let q0 = q[i + 0u] * SCALE;
  let q1 = q[i + 1u] * SCALE;
  let q2 = q[i + 2u] * SCALE;
  let q3 = q[i + 3u] * SCALE;
  let q4 = q[i + 4u] * SCALE;
  let q5 = q[i + 5u] * SCALE;
  let q6 = q[i + 6u] * SCALE;
  let q7 = q[i + 7u] * SCALE;
  let q8 = q[i + 8u] * SCALE;
  let q9 = q[i + 9u] * SCALE;
  let q10 = q[i + 10u] * SCALE;
  let q11 = q[i + 11u] * SCALE;
  let q12 = q[i + 12u] * SCALE;
  let q13 = q[i + 13u] * SCALE;
  let q14 = q[i + 14u] * SCALE;
  let q15 = q[i + 15u] * SCALE;
  var o0 = vec4<f32>();
  var o1 = vec4<f32>();
  var o2 = vec4<f32>();
  var o3 = vec4<f32>();
  var o4 = vec4<f32>();
  var o5 = vec4<f32>();
  var o6 = vec4<f32>();
  var o7 = vec4<f32>();
  var o8 = vec4<f32>();
  var o9 = vec4<f32>();
  var o10 = vec4<f32>();
  var o11 = vec4<f32>();
  var o12 = vec4<f32>();
  var o13 = vec4<f32>();
  var o14 = vec4<f32>();
  var o15 = vec4<f32>();
  var highest = -1e30;
  var sum = 0.0;
  for (var t = begin; t < end; t += 2u) {
    let row0 = min(t + 0u, end - 1u) * (params.n_state / 8u) + group.y * 8u;
    let row1 = min(t + 1u, end - 1u) * (params.n_state / 8u) + group.y * 8u;
    let k0_0 = k8(row0 + 0u + lane);
    var s0 = vec4<f32>();
    s0 += q0 * subgroupBroadcast(k0_0[0], 0u);
    s0 += q1 * subgroupBroadcast(k0_0[1], 0u);
    s0 += q2 * subgroupBroadcast(k0_0[0], 1u);
    s0 += q3 * subgroupBroadcast(k0_0[1], 1u);
    s0 += q4 * subgroupBroadcast(k0_0[0], 2u);
    s0 += q5 * subgroupBroadcast(k0_0[1], 2u);
    s0 += q6 * subgroupBroadcast(k0_0[0], 3u);
    s0 += q7 * subgroupBroadcast(k0_0[1], 3u);
    s0 += q8 * subgroupBroadcast(k0_0[0], 4u);
    s0 += q9 * subgroupBroadcast(k0_0[1], 4u);
    s0 += q10 * subgroupBroadcast(k0_0[0], 5u);
    s0 += q11 * subgroupBroadcast(k0_0[1], 5u);
    s0 += q12 * subgroupBroadcast(k0_0[0], 6u);
    s0 += q13 * subgroupBroadcast(k0_0[1], 6u);
    s0 += q14 * subgroupBroadcast(k0_0[0], 7u);
    s0 += q15 * subgroupBroadcast(k0_0[1], 7u);
    let d0 = select(-1e30, dot(s0, vec4<f32>(1.0)), t + 0u < end);
    let k1_0 = k8(row1 + 0u + lane);
    var s1 = vec4<f32>();
    s1 += q0 * subgroupBroadcast(k1_0[0], 0u);
    s1 += q1 * subgroupBroadcast(k1_0[1], 0u);
    s1 += q2 * subgroupBroadcast(k1_0[0], 1u);
    s1 += q3 * subgroupBroadcast(k1_0[1], 1u);
    s1 += q4 * subgroupBroadcast(k1_0[0], 2u);
    s1 += q5 * subgroupBroadcast(k1_0[1], 2u);
    s1 += q6 * subgroupBroadcast(k1_0[0], 3u);
    s1 += q7 * subgroupBroadcast(k1_0[1], 3u);
    s1 += q8 * subgroupBroadcast(k1_0[0], 4u);
    s1 += q9 * subgroupBroadcast(k1_0[1], 4u);
    s1 += q10 * subgroupBroadcast(k1_0[0], 5u);
    s1 += q11 * subgroupBroadcast(k1_0[1], 5u);
    s1 += q12 * subgroupBroadcast(k1_0[0], 6u);
    s1 += q13 * subgroupBroadcast(k1_0[1], 6u);
    s1 += q14 * subgroupBroadcast(k1_0[0], 7u);
    s1 += q15 * subgroupBroadcast(k1_0[1], 7u);
    let d1 = select(-1e30, dot(s1, vec4<f32>(1.0)), t + 1u < end);
    let next = max(max(highest, d0), d1);
    let fade = exp2(highest - next);
    highest = next;
    let p0 = exp2(d0 - next);
    let p1 = exp2(d1 - next);
    sum = sum * fade + p0 + p1;
    let v0_0 = v8(row0 + 0u + lane);
    let v1_0 = v8(row1 + 0u + lane);
    o0 = o0 * fade + p0 * subgroupBroadcast(v0_0[0], 0u) + p1 * subgroupBroadcast(v1_0[0], 0u);
    o1 = o1 * fade + p0 * subgroupBroadcast(v0_0[1], 0u) + p1 * subgroupBroadcast(v1_0[1], 0u);
    o2 = o2 * fade + p0 * subgroupBroadcast(v0_0[0], 1u) + p1 * subgroupBroadcast(v1_0[0], 1u);
    o3 = o3 * fade + p0 * subgroupBroadcast(v0_0[1], 1u) + p1 * subgroupBroadcast(v1_0[1], 1u);
    o4 = o4 * fade + p0 * subgroupBroadcast(v0_0[0], 2u) + p1 * subgroupBroadcast(v1_0[0], 2u);
    o5 = o5 * fade + p0 * subgroupBroadcast(v0_0[1], 2u) + p1 * subgroupBroadcast(v1_0[1], 2u);
    o6 = o6 * fade + p0 * subgroupBroadcast(v0_0[0], 3u) + p1 * subgroupBroadcast(v1_0[0], 3u);
    o7 = o7 * fade + p0 * subgroupBroadcast(v0_0[1], 3u) + p1 * subgroupBroadcast(v1_0[1], 3u);
    o8 = o8 * fade + p0 * subgroupBroadcast(v0_0[0], 4u) + p1 * subgroupBroadcast(v1_0[0], 4u);
    o9 = o9 * fade + p0 * subgroupBroadcast(v0_0[1], 4u) + p1 * subgroupBroadcast(v1_0[1], 4u);
    o10 = o10 * fade + p0 * subgroupBroadcast(v0_0[0], 5u) + p1 * subgroupBroadcast(v1_0[0], 5u);
    o11 = o11 * fade + p0 * subgroupBroadcast(v0_0[1], 5u) + p1 * subgroupBroadcast(v1_0[1], 5u);
    o12 = o12 * fade + p0 * subgroupBroadcast(v0_0[0], 6u) + p1 * subgroupBroadcast(v1_0[0], 6u);
    o13 = o13 * fade + p0 * subgroupBroadcast(v0_0[1], 6u) + p1 * subgroupBroadcast(v1_0[1], 6u);
    o14 = o14 * fade + p0 * subgroupBroadcast(v0_0[0], 7u) + p1 * subgroupBroadcast(v1_0[0], 7u);
    o15 = o15 * fade + p0 * subgroupBroadcast(v0_0[1], 7u) + p1 * subgroupBroadcast(v1_0[1], 7u);
  }
  if (row >= params.n_rows) { return; }
  let whole = select(0.0, 1.0, used);
  let o = ((row * params.n_state / 64u + group.y) * params.splits + group.z) * 17u;
  y[o + 0u] = o0 * whole;
  y[o + 1u] = o1 * whole;
  y[o + 2u] = o2 * whole;
  y[o + 3u] = o3 * whole;
  y[o + 4u] = o4 * whole;
  y[o + 5u] = o5 * whole;
  y[o + 6u] = o6 * whole;
  y[o + 7u] = o7 * whole;
  y[o + 8u] = o8 * whole;
  y[o + 9u] = o9 * whole;
  y[o + 10u] = o10 * whole;
  y[o + 11u] = o11 * whole;
  y[o + 12u] = o12 * whole;
  y[o + 13u] = o13 * whole;
  y[o + 14u] = o14 * whole;
  y[o + 15u] = o15 * whole;
  y[o + 16u] = vec4<f32>(select(-1e30, highest, used), sum * whole, 0.0, 0.0);
}
