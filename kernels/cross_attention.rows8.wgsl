// Made by kernels/generate/attention_cpu.ts: lanes 8, queries 1, keys 2. Edit that, then `npm run generate`.
// Attention of several decoder rows over a share of the keys of one audio: unnormalised sums, to be joined by attention_reduce.
// One subgroup: 8 rows of one head over one of `splits` runs of keys, 1 a lane;
// 2 keys a turn, rows shared by broadcasts; online softmax.
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
  let row0 = (group.x * 1u + 0u) * 8u + lane;
  let r0 = min(row0, params.n_rows - 1u);
  let used0 = row0 < params.n_rows && rows[r0].z != 0xffffffffu;
  let i0 = (r0 * params.n_state + group.y * 64u) / 4u;
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.z * run, params.n_key);
  let end = select(begin, min(begin + run, params.n_key), subgroupAny(used0));
  let q0_0 = q[i0 + 0u] * SCALE;
  let q0_1 = q[i0 + 1u] * SCALE;
  let q0_2 = q[i0 + 2u] * SCALE;
  let q0_3 = q[i0 + 3u] * SCALE;
  let q0_4 = q[i0 + 4u] * SCALE;
  let q0_5 = q[i0 + 5u] * SCALE;
  let q0_6 = q[i0 + 6u] * SCALE;
  let q0_7 = q[i0 + 7u] * SCALE;
  let q0_8 = q[i0 + 8u] * SCALE;
  let q0_9 = q[i0 + 9u] * SCALE;
  let q0_10 = q[i0 + 10u] * SCALE;
  let q0_11 = q[i0 + 11u] * SCALE;
  let q0_12 = q[i0 + 12u] * SCALE;
  let q0_13 = q[i0 + 13u] * SCALE;
  let q0_14 = q[i0 + 14u] * SCALE;
  let q0_15 = q[i0 + 15u] * SCALE;
  var o0_0 = vec4<f32>();
  var o0_1 = vec4<f32>();
  var o0_2 = vec4<f32>();
  var o0_3 = vec4<f32>();
  var o0_4 = vec4<f32>();
  var o0_5 = vec4<f32>();
  var o0_6 = vec4<f32>();
  var o0_7 = vec4<f32>();
  var o0_8 = vec4<f32>();
  var o0_9 = vec4<f32>();
  var o0_10 = vec4<f32>();
  var o0_11 = vec4<f32>();
  var o0_12 = vec4<f32>();
  var o0_13 = vec4<f32>();
  var o0_14 = vec4<f32>();
  var o0_15 = vec4<f32>();
  var highest0 = -1e30;
  var weight0 = 0.0;
  for (var t = begin; t < end; t += 2u) {
    let row0 = (group.y * params.n_key + min(t + 0u, end - 1u)) * 8u;
    let row1 = (group.y * params.n_key + min(t + 1u, end - 1u)) * 8u;
    let k0_0 = k8(row0 + 0u + lane);
    var s0_0 = vec4<f32>();
    let k0c0 = subgroupBroadcast(k0_0[0], 0u);
    s0_0 += q0_0 * k0c0;
    let k0c1 = subgroupBroadcast(k0_0[1], 0u);
    s0_0 += q0_1 * k0c1;
    let k0c2 = subgroupBroadcast(k0_0[0], 1u);
    s0_0 += q0_2 * k0c2;
    let k0c3 = subgroupBroadcast(k0_0[1], 1u);
    s0_0 += q0_3 * k0c3;
    let k0c4 = subgroupBroadcast(k0_0[0], 2u);
    s0_0 += q0_4 * k0c4;
    let k0c5 = subgroupBroadcast(k0_0[1], 2u);
    s0_0 += q0_5 * k0c5;
    let k0c6 = subgroupBroadcast(k0_0[0], 3u);
    s0_0 += q0_6 * k0c6;
    let k0c7 = subgroupBroadcast(k0_0[1], 3u);
    s0_0 += q0_7 * k0c7;
    let k0c8 = subgroupBroadcast(k0_0[0], 4u);
    s0_0 += q0_8 * k0c8;
    let k0c9 = subgroupBroadcast(k0_0[1], 4u);
    s0_0 += q0_9 * k0c9;
    let k0c10 = subgroupBroadcast(k0_0[0], 5u);
    s0_0 += q0_10 * k0c10;
    let k0c11 = subgroupBroadcast(k0_0[1], 5u);
    s0_0 += q0_11 * k0c11;
    let k0c12 = subgroupBroadcast(k0_0[0], 6u);
    s0_0 += q0_12 * k0c12;
    let k0c13 = subgroupBroadcast(k0_0[1], 6u);
    s0_0 += q0_13 * k0c13;
    let k0c14 = subgroupBroadcast(k0_0[0], 7u);
    s0_0 += q0_14 * k0c14;
    let k0c15 = subgroupBroadcast(k0_0[1], 7u);
    s0_0 += q0_15 * k0c15;
    let d0_0 = select(-1e30, dot(s0_0, vec4<f32>(1.0)), t + 0u < end);
    let k1_0 = k8(row1 + 0u + lane);
    var s1_0 = vec4<f32>();
    let k1c0 = subgroupBroadcast(k1_0[0], 0u);
    s1_0 += q0_0 * k1c0;
    let k1c1 = subgroupBroadcast(k1_0[1], 0u);
    s1_0 += q0_1 * k1c1;
    let k1c2 = subgroupBroadcast(k1_0[0], 1u);
    s1_0 += q0_2 * k1c2;
    let k1c3 = subgroupBroadcast(k1_0[1], 1u);
    s1_0 += q0_3 * k1c3;
    let k1c4 = subgroupBroadcast(k1_0[0], 2u);
    s1_0 += q0_4 * k1c4;
    let k1c5 = subgroupBroadcast(k1_0[1], 2u);
    s1_0 += q0_5 * k1c5;
    let k1c6 = subgroupBroadcast(k1_0[0], 3u);
    s1_0 += q0_6 * k1c6;
    let k1c7 = subgroupBroadcast(k1_0[1], 3u);
    s1_0 += q0_7 * k1c7;
    let k1c8 = subgroupBroadcast(k1_0[0], 4u);
    s1_0 += q0_8 * k1c8;
    let k1c9 = subgroupBroadcast(k1_0[1], 4u);
    s1_0 += q0_9 * k1c9;
    let k1c10 = subgroupBroadcast(k1_0[0], 5u);
    s1_0 += q0_10 * k1c10;
    let k1c11 = subgroupBroadcast(k1_0[1], 5u);
    s1_0 += q0_11 * k1c11;
    let k1c12 = subgroupBroadcast(k1_0[0], 6u);
    s1_0 += q0_12 * k1c12;
    let k1c13 = subgroupBroadcast(k1_0[1], 6u);
    s1_0 += q0_13 * k1c13;
    let k1c14 = subgroupBroadcast(k1_0[0], 7u);
    s1_0 += q0_14 * k1c14;
    let k1c15 = subgroupBroadcast(k1_0[1], 7u);
    s1_0 += q0_15 * k1c15;
    let d1_0 = select(-1e30, dot(s1_0, vec4<f32>(1.0)), t + 1u < end);
    let next0 = max(max(highest0, d0_0), d1_0);
    let fade0 = exp2(highest0 - next0);
    highest0 = next0;
    let p0_0 = exp2(d0_0 - next0);
    let p1_0 = exp2(d1_0 - next0);
    weight0 = weight0 * fade0 + p0_0 + p1_0;
    let v0_0 = v8(row0 + 0u + lane);
    let v1_0 = v8(row1 + 0u + lane);
    let v0c0 = subgroupBroadcast(v0_0[0], 0u);
    let v1c0 = subgroupBroadcast(v1_0[0], 0u);
    o0_0 = o0_0 * fade0 + p0_0 * v0c0 + p1_0 * v1c0;
    let v0c1 = subgroupBroadcast(v0_0[1], 0u);
    let v1c1 = subgroupBroadcast(v1_0[1], 0u);
    o0_1 = o0_1 * fade0 + p0_0 * v0c1 + p1_0 * v1c1;
    let v0c2 = subgroupBroadcast(v0_0[0], 1u);
    let v1c2 = subgroupBroadcast(v1_0[0], 1u);
    o0_2 = o0_2 * fade0 + p0_0 * v0c2 + p1_0 * v1c2;
    let v0c3 = subgroupBroadcast(v0_0[1], 1u);
    let v1c3 = subgroupBroadcast(v1_0[1], 1u);
    o0_3 = o0_3 * fade0 + p0_0 * v0c3 + p1_0 * v1c3;
    let v0c4 = subgroupBroadcast(v0_0[0], 2u);
    let v1c4 = subgroupBroadcast(v1_0[0], 2u);
    o0_4 = o0_4 * fade0 + p0_0 * v0c4 + p1_0 * v1c4;
    let v0c5 = subgroupBroadcast(v0_0[1], 2u);
    let v1c5 = subgroupBroadcast(v1_0[1], 2u);
    o0_5 = o0_5 * fade0 + p0_0 * v0c5 + p1_0 * v1c5;
    let v0c6 = subgroupBroadcast(v0_0[0], 3u);
    let v1c6 = subgroupBroadcast(v1_0[0], 3u);
    o0_6 = o0_6 * fade0 + p0_0 * v0c6 + p1_0 * v1c6;
    let v0c7 = subgroupBroadcast(v0_0[1], 3u);
    let v1c7 = subgroupBroadcast(v1_0[1], 3u);
    o0_7 = o0_7 * fade0 + p0_0 * v0c7 + p1_0 * v1c7;
    let v0c8 = subgroupBroadcast(v0_0[0], 4u);
    let v1c8 = subgroupBroadcast(v1_0[0], 4u);
    o0_8 = o0_8 * fade0 + p0_0 * v0c8 + p1_0 * v1c8;
    let v0c9 = subgroupBroadcast(v0_0[1], 4u);
    let v1c9 = subgroupBroadcast(v1_0[1], 4u);
    o0_9 = o0_9 * fade0 + p0_0 * v0c9 + p1_0 * v1c9;
    let v0c10 = subgroupBroadcast(v0_0[0], 5u);
    let v1c10 = subgroupBroadcast(v1_0[0], 5u);
    o0_10 = o0_10 * fade0 + p0_0 * v0c10 + p1_0 * v1c10;
    let v0c11 = subgroupBroadcast(v0_0[1], 5u);
    let v1c11 = subgroupBroadcast(v1_0[1], 5u);
    o0_11 = o0_11 * fade0 + p0_0 * v0c11 + p1_0 * v1c11;
    let v0c12 = subgroupBroadcast(v0_0[0], 6u);
    let v1c12 = subgroupBroadcast(v1_0[0], 6u);
    o0_12 = o0_12 * fade0 + p0_0 * v0c12 + p1_0 * v1c12;
    let v0c13 = subgroupBroadcast(v0_0[1], 6u);
    let v1c13 = subgroupBroadcast(v1_0[1], 6u);
    o0_13 = o0_13 * fade0 + p0_0 * v0c13 + p1_0 * v1c13;
    let v0c14 = subgroupBroadcast(v0_0[0], 7u);
    let v1c14 = subgroupBroadcast(v1_0[0], 7u);
    o0_14 = o0_14 * fade0 + p0_0 * v0c14 + p1_0 * v1c14;
    let v0c15 = subgroupBroadcast(v0_0[1], 7u);
    let v1c15 = subgroupBroadcast(v1_0[1], 7u);
    o0_15 = o0_15 * fade0 + p0_0 * v0c15 + p1_0 * v1c15;
  }
  if (row0 < params.n_rows) {
    let whole = select(0.0, 1.0, used0);
    let o = ((row0 * params.n_state / 64u + group.y) * params.splits + group.z) * 17u;
    y[o + 0u] = o0_0 * whole;
    y[o + 1u] = o0_1 * whole;
    y[o + 2u] = o0_2 * whole;
    y[o + 3u] = o0_3 * whole;
    y[o + 4u] = o0_4 * whole;
    y[o + 5u] = o0_5 * whole;
    y[o + 6u] = o0_6 * whole;
    y[o + 7u] = o0_7 * whole;
    y[o + 8u] = o0_8 * whole;
    y[o + 9u] = o0_9 * whole;
    y[o + 10u] = o0_10 * whole;
    y[o + 11u] = o0_11 * whole;
    y[o + 12u] = o0_12 * whole;
    y[o + 13u] = o0_13 * whole;
    y[o + 14u] = o0_14 * whole;
    y[o + 15u] = o0_15 * whole;
    y[o + 16u] = vec4<f32>(select(-1e30, highest0, used0), weight0 * whole, 0.0, 0.0);
  }
}
