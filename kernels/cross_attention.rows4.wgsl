// Made by kernels/generate/attention_cpu.ts: lanes 4, queries 2, keys 1. Edit that, then `npm run generate`.
// Attention of several decoder rows over a share of the keys of one audio: unnormalised sums, to be joined by attention_reduce.
// One subgroup: 8 rows of one head over one of `splits` runs of keys, 2 a lane;
// 1 key a turn, rows shared by broadcasts; online softmax.
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

@compute @workgroup_size(4)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let row0 = (group.x * 2u + 0u) * 4u + lane;
  let r0 = min(row0, params.n_rows - 1u);
  let used0 = row0 < params.n_rows && rows[r0].z != 0xffffffffu;
  let i0 = (r0 * params.n_state + group.y * 64u) / 4u;
  let row1 = (group.x * 2u + 1u) * 4u + lane;
  let r1 = min(row1, params.n_rows - 1u);
  let used1 = row1 < params.n_rows && rows[r1].z != 0xffffffffu;
  let i1 = (r1 * params.n_state + group.y * 64u) / 4u;
  let run = (params.n_key + params.splits - 1u) / params.splits;
  let begin = min(group.z * run, params.n_key);
  let end = select(begin, min(begin + run, params.n_key), subgroupAny(used0 || used1));
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
  let q1_0 = q[i1 + 0u] * SCALE;
  let q1_1 = q[i1 + 1u] * SCALE;
  let q1_2 = q[i1 + 2u] * SCALE;
  let q1_3 = q[i1 + 3u] * SCALE;
  let q1_4 = q[i1 + 4u] * SCALE;
  let q1_5 = q[i1 + 5u] * SCALE;
  let q1_6 = q[i1 + 6u] * SCALE;
  let q1_7 = q[i1 + 7u] * SCALE;
  let q1_8 = q[i1 + 8u] * SCALE;
  let q1_9 = q[i1 + 9u] * SCALE;
  let q1_10 = q[i1 + 10u] * SCALE;
  let q1_11 = q[i1 + 11u] * SCALE;
  let q1_12 = q[i1 + 12u] * SCALE;
  let q1_13 = q[i1 + 13u] * SCALE;
  let q1_14 = q[i1 + 14u] * SCALE;
  let q1_15 = q[i1 + 15u] * SCALE;
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
  var o1_0 = vec4<f32>();
  var o1_1 = vec4<f32>();
  var o1_2 = vec4<f32>();
  var o1_3 = vec4<f32>();
  var o1_4 = vec4<f32>();
  var o1_5 = vec4<f32>();
  var o1_6 = vec4<f32>();
  var o1_7 = vec4<f32>();
  var o1_8 = vec4<f32>();
  var o1_9 = vec4<f32>();
  var o1_10 = vec4<f32>();
  var o1_11 = vec4<f32>();
  var o1_12 = vec4<f32>();
  var o1_13 = vec4<f32>();
  var o1_14 = vec4<f32>();
  var o1_15 = vec4<f32>();
  var highest0 = -1e30;
  var weight0 = 0.0;
  var highest1 = -1e30;
  var weight1 = 0.0;
  for (var t = begin; t < end; t += 1u) {
    let row0 = (group.y * params.n_key + min(t + 0u, end - 1u)) * 8u;
    let k0_0 = k8(row0 + 0u + lane);
    let k0_1 = k8(row0 + 4u + lane);
    var s0_0 = vec4<f32>();
    var s0_1 = vec4<f32>();
    let k0c0 = subgroupBroadcast(k0_0[0], 0u);
    s0_0 += q0_0 * k0c0;
    s0_1 += q1_0 * k0c0;
    let k0c1 = subgroupBroadcast(k0_0[1], 0u);
    s0_0 += q0_1 * k0c1;
    s0_1 += q1_1 * k0c1;
    let k0c2 = subgroupBroadcast(k0_0[0], 1u);
    s0_0 += q0_2 * k0c2;
    s0_1 += q1_2 * k0c2;
    let k0c3 = subgroupBroadcast(k0_0[1], 1u);
    s0_0 += q0_3 * k0c3;
    s0_1 += q1_3 * k0c3;
    let k0c4 = subgroupBroadcast(k0_0[0], 2u);
    s0_0 += q0_4 * k0c4;
    s0_1 += q1_4 * k0c4;
    let k0c5 = subgroupBroadcast(k0_0[1], 2u);
    s0_0 += q0_5 * k0c5;
    s0_1 += q1_5 * k0c5;
    let k0c6 = subgroupBroadcast(k0_0[0], 3u);
    s0_0 += q0_6 * k0c6;
    s0_1 += q1_6 * k0c6;
    let k0c7 = subgroupBroadcast(k0_0[1], 3u);
    s0_0 += q0_7 * k0c7;
    s0_1 += q1_7 * k0c7;
    let k0c8 = subgroupBroadcast(k0_1[0], 0u);
    s0_0 += q0_8 * k0c8;
    s0_1 += q1_8 * k0c8;
    let k0c9 = subgroupBroadcast(k0_1[1], 0u);
    s0_0 += q0_9 * k0c9;
    s0_1 += q1_9 * k0c9;
    let k0c10 = subgroupBroadcast(k0_1[0], 1u);
    s0_0 += q0_10 * k0c10;
    s0_1 += q1_10 * k0c10;
    let k0c11 = subgroupBroadcast(k0_1[1], 1u);
    s0_0 += q0_11 * k0c11;
    s0_1 += q1_11 * k0c11;
    let k0c12 = subgroupBroadcast(k0_1[0], 2u);
    s0_0 += q0_12 * k0c12;
    s0_1 += q1_12 * k0c12;
    let k0c13 = subgroupBroadcast(k0_1[1], 2u);
    s0_0 += q0_13 * k0c13;
    s0_1 += q1_13 * k0c13;
    let k0c14 = subgroupBroadcast(k0_1[0], 3u);
    s0_0 += q0_14 * k0c14;
    s0_1 += q1_14 * k0c14;
    let k0c15 = subgroupBroadcast(k0_1[1], 3u);
    s0_0 += q0_15 * k0c15;
    s0_1 += q1_15 * k0c15;
    let d0_0 = select(-1e30, dot(s0_0, vec4<f32>(1.0)), t + 0u < end);
    let d0_1 = select(-1e30, dot(s0_1, vec4<f32>(1.0)), t + 0u < end);
    let next0 = max(highest0, d0_0);
    let fade0 = exp2(highest0 - next0);
    highest0 = next0;
    let p0_0 = exp2(d0_0 - next0);
    weight0 = weight0 * fade0 + p0_0;
    let next1 = max(highest1, d0_1);
    let fade1 = exp2(highest1 - next1);
    highest1 = next1;
    let p0_1 = exp2(d0_1 - next1);
    weight1 = weight1 * fade1 + p0_1;
    let v0_0 = v8(row0 + 0u + lane);
    let v0_1 = v8(row0 + 4u + lane);
    let v0c0 = subgroupBroadcast(v0_0[0], 0u);
    o0_0 = o0_0 * fade0 + p0_0 * v0c0;
    o1_0 = o1_0 * fade1 + p0_1 * v0c0;
    let v0c1 = subgroupBroadcast(v0_0[1], 0u);
    o0_1 = o0_1 * fade0 + p0_0 * v0c1;
    o1_1 = o1_1 * fade1 + p0_1 * v0c1;
    let v0c2 = subgroupBroadcast(v0_0[0], 1u);
    o0_2 = o0_2 * fade0 + p0_0 * v0c2;
    o1_2 = o1_2 * fade1 + p0_1 * v0c2;
    let v0c3 = subgroupBroadcast(v0_0[1], 1u);
    o0_3 = o0_3 * fade0 + p0_0 * v0c3;
    o1_3 = o1_3 * fade1 + p0_1 * v0c3;
    let v0c4 = subgroupBroadcast(v0_0[0], 2u);
    o0_4 = o0_4 * fade0 + p0_0 * v0c4;
    o1_4 = o1_4 * fade1 + p0_1 * v0c4;
    let v0c5 = subgroupBroadcast(v0_0[1], 2u);
    o0_5 = o0_5 * fade0 + p0_0 * v0c5;
    o1_5 = o1_5 * fade1 + p0_1 * v0c5;
    let v0c6 = subgroupBroadcast(v0_0[0], 3u);
    o0_6 = o0_6 * fade0 + p0_0 * v0c6;
    o1_6 = o1_6 * fade1 + p0_1 * v0c6;
    let v0c7 = subgroupBroadcast(v0_0[1], 3u);
    o0_7 = o0_7 * fade0 + p0_0 * v0c7;
    o1_7 = o1_7 * fade1 + p0_1 * v0c7;
    let v0c8 = subgroupBroadcast(v0_1[0], 0u);
    o0_8 = o0_8 * fade0 + p0_0 * v0c8;
    o1_8 = o1_8 * fade1 + p0_1 * v0c8;
    let v0c9 = subgroupBroadcast(v0_1[1], 0u);
    o0_9 = o0_9 * fade0 + p0_0 * v0c9;
    o1_9 = o1_9 * fade1 + p0_1 * v0c9;
    let v0c10 = subgroupBroadcast(v0_1[0], 1u);
    o0_10 = o0_10 * fade0 + p0_0 * v0c10;
    o1_10 = o1_10 * fade1 + p0_1 * v0c10;
    let v0c11 = subgroupBroadcast(v0_1[1], 1u);
    o0_11 = o0_11 * fade0 + p0_0 * v0c11;
    o1_11 = o1_11 * fade1 + p0_1 * v0c11;
    let v0c12 = subgroupBroadcast(v0_1[0], 2u);
    o0_12 = o0_12 * fade0 + p0_0 * v0c12;
    o1_12 = o1_12 * fade1 + p0_1 * v0c12;
    let v0c13 = subgroupBroadcast(v0_1[1], 2u);
    o0_13 = o0_13 * fade0 + p0_0 * v0c13;
    o1_13 = o1_13 * fade1 + p0_1 * v0c13;
    let v0c14 = subgroupBroadcast(v0_1[0], 3u);
    o0_14 = o0_14 * fade0 + p0_0 * v0c14;
    o1_14 = o1_14 * fade1 + p0_1 * v0c14;
    let v0c15 = subgroupBroadcast(v0_1[1], 3u);
    o0_15 = o0_15 * fade0 + p0_0 * v0c15;
    o1_15 = o1_15 * fade1 + p0_1 * v0c15;
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
  if (row1 < params.n_rows) {
    let whole = select(0.0, 1.0, used1);
    let o = ((row1 * params.n_state / 64u + group.y) * params.splits + group.z) * 17u;
    y[o + 0u] = o1_0 * whole;
    y[o + 1u] = o1_1 * whole;
    y[o + 2u] = o1_2 * whole;
    y[o + 3u] = o1_3 * whole;
    y[o + 4u] = o1_4 * whole;
    y[o + 5u] = o1_5 * whole;
    y[o + 6u] = o1_6 * whole;
    y[o + 7u] = o1_7 * whole;
    y[o + 8u] = o1_8 * whole;
    y[o + 9u] = o1_9 * whole;
    y[o + 10u] = o1_10 * whole;
    y[o + 11u] = o1_11 * whole;
    y[o + 12u] = o1_12 * whole;
    y[o + 13u] = o1_13 * whole;
    y[o + 14u] = o1_14 * whole;
    y[o + 15u] = o1_15 * whole;
    y[o + 16u] = vec4<f32>(select(-1e30, highest1, used1), weight1 * whole, 0.0, 0.0);
  }
}
