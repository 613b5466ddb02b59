// Made by kernels/generate/linear_cpu.ts: lanes 4, block 64. Edit that, then `npm run generate`.
// y[M, N] = x[M, K] * w[N, K]^T + bias[N], then GELU or added to what y holds.
// One subgroup: 16 columns of y and an equal share of its rows. A lane holds 64 weights of each of its 4 columns at a time.
enable subgroups;
//#import weight(w)
//#import bias(bias)
//#import gelu

struct Params {
  m: u32,
  n: u32,
  k: u32,
  x_begin: u32, // floats before row 0 of x
  x_stride: u32, // floats from a row to the next
  accumulate: u32,
  gelu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // M rows of K, which may overlap
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [M, N]

@compute @workgroup_size(4)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let n = (group.x * 4u + lane) * 4u;
  let rows = (params.m + groups.y - 1u) / groups.y;
  let first = group.y * rows;
  let end = min(first + rows, params.m);
  for (var kb = 0u; kb < params.k / 64u; kb++) {
    let w0_0 = weight16(n + 0u, kb * 4u + 0u, params.k);
    let w0_1 = weight16(n + 0u, kb * 4u + 1u, params.k);
    let w0_2 = weight16(n + 0u, kb * 4u + 2u, params.k);
    let w0_3 = weight16(n + 0u, kb * 4u + 3u, params.k);
    let w1_0 = weight16(n + 1u, kb * 4u + 0u, params.k);
    let w1_1 = weight16(n + 1u, kb * 4u + 1u, params.k);
    let w1_2 = weight16(n + 1u, kb * 4u + 2u, params.k);
    let w1_3 = weight16(n + 1u, kb * 4u + 3u, params.k);
    let w2_0 = weight16(n + 2u, kb * 4u + 0u, params.k);
    let w2_1 = weight16(n + 2u, kb * 4u + 1u, params.k);
    let w2_2 = weight16(n + 2u, kb * 4u + 2u, params.k);
    let w2_3 = weight16(n + 2u, kb * 4u + 3u, params.k);
    let w3_0 = weight16(n + 3u, kb * 4u + 0u, params.k);
    let w3_1 = weight16(n + 3u, kb * 4u + 1u, params.k);
    let w3_2 = weight16(n + 3u, kb * 4u + 2u, params.k);
    let w3_3 = weight16(n + 3u, kb * 4u + 3u, params.k);
    for (var m = first; m < end; m++) {
      let j = (params.x_begin + m * params.x_stride + kb * 64u) / 4u;
      let o = (m * params.n + n) / 4u;
      var sum = select(bias4(n / 4u), vec4<f32>(), kb != 0u);
      if (kb != 0u || params.accumulate != 0u) { sum += y[o]; }
      let x0 = x[j + 0u + lane];
      { let b = subgroupBroadcast(x0, 0u); sum += vec4<f32>(dot(b, w0_0[0]), dot(b, w1_0[0]), dot(b, w2_0[0]), dot(b, w3_0[0])); }
      { let b = subgroupBroadcast(x0, 1u); sum += vec4<f32>(dot(b, w0_0[1]), dot(b, w1_0[1]), dot(b, w2_0[1]), dot(b, w3_0[1])); }
      { let b = subgroupBroadcast(x0, 2u); sum += vec4<f32>(dot(b, w0_0[2]), dot(b, w1_0[2]), dot(b, w2_0[2]), dot(b, w3_0[2])); }
      { let b = subgroupBroadcast(x0, 3u); sum += vec4<f32>(dot(b, w0_0[3]), dot(b, w1_0[3]), dot(b, w2_0[3]), dot(b, w3_0[3])); }
      let x1 = x[j + 4u + lane];
      { let b = subgroupBroadcast(x1, 0u); sum += vec4<f32>(dot(b, w0_1[0]), dot(b, w1_1[0]), dot(b, w2_1[0]), dot(b, w3_1[0])); }
      { let b = subgroupBroadcast(x1, 1u); sum += vec4<f32>(dot(b, w0_1[1]), dot(b, w1_1[1]), dot(b, w2_1[1]), dot(b, w3_1[1])); }
      { let b = subgroupBroadcast(x1, 2u); sum += vec4<f32>(dot(b, w0_1[2]), dot(b, w1_1[2]), dot(b, w2_1[2]), dot(b, w3_1[2])); }
      { let b = subgroupBroadcast(x1, 3u); sum += vec4<f32>(dot(b, w0_1[3]), dot(b, w1_1[3]), dot(b, w2_1[3]), dot(b, w3_1[3])); }
      let x2 = x[j + 8u + lane];
      { let b = subgroupBroadcast(x2, 0u); sum += vec4<f32>(dot(b, w0_2[0]), dot(b, w1_2[0]), dot(b, w2_2[0]), dot(b, w3_2[0])); }
      { let b = subgroupBroadcast(x2, 1u); sum += vec4<f32>(dot(b, w0_2[1]), dot(b, w1_2[1]), dot(b, w2_2[1]), dot(b, w3_2[1])); }
      { let b = subgroupBroadcast(x2, 2u); sum += vec4<f32>(dot(b, w0_2[2]), dot(b, w1_2[2]), dot(b, w2_2[2]), dot(b, w3_2[2])); }
      { let b = subgroupBroadcast(x2, 3u); sum += vec4<f32>(dot(b, w0_2[3]), dot(b, w1_2[3]), dot(b, w2_2[3]), dot(b, w3_2[3])); }
      let x3 = x[j + 12u + lane];
      { let b = subgroupBroadcast(x3, 0u); sum += vec4<f32>(dot(b, w0_3[0]), dot(b, w1_3[0]), dot(b, w2_3[0]), dot(b, w3_3[0])); }
      { let b = subgroupBroadcast(x3, 1u); sum += vec4<f32>(dot(b, w0_3[1]), dot(b, w1_3[1]), dot(b, w2_3[1]), dot(b, w3_3[1])); }
      { let b = subgroupBroadcast(x3, 2u); sum += vec4<f32>(dot(b, w0_3[2]), dot(b, w1_3[2]), dot(b, w2_3[2]), dot(b, w3_3[2])); }
      { let b = subgroupBroadcast(x3, 3u); sum += vec4<f32>(dot(b, w0_3[3]), dot(b, w1_3[3]), dot(b, w2_3[3]), dot(b, w3_3[3])); }
      y[o] = sum;
    }
  }
  if (params.gelu != 0u) {
    for (var m = first; m < end; m++) {
      let o = (m * params.n + n) / 4u;
      y[o] = gelu(y[o]);
    }
  }
}
