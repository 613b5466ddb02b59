// Made by kernels/generate/linear_cpu.ts: lanes 4, block 32. Edit that, then `npm run generate`.
// Spectra of frames of samples under a Hann window: y[frame, bin] real, y[frame, 208 + bin] imaginary part.
// One subgroup: 16 columns of y and an equal share of its rows. A lane holds 32 weights of each of its 4 columns at a time.
enable subgroups;
//#import dft

struct Params {
  m: u32, // frames
  x_begin: u32, // samples before frame 0
  x_stride: u32, // samples from a frame to the next
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
  for (var kb = 0u; kb < WINDOW / 32u; kb++) {
    let w0_0 = basis16(n + 0u, kb * 2u + 0u);
    let w0_1 = basis16(n + 0u, kb * 2u + 1u);
    let w1_0 = basis16(n + 1u, kb * 2u + 0u);
    let w1_1 = basis16(n + 1u, kb * 2u + 1u);
    let w2_0 = basis16(n + 2u, kb * 2u + 0u);
    let w2_1 = basis16(n + 2u, kb * 2u + 1u);
    let w3_0 = basis16(n + 3u, kb * 2u + 0u);
    let w3_1 = basis16(n + 3u, kb * 2u + 1u);
    for (var m = first; m < end; m++) {
      let j = (params.x_begin + m * params.x_stride + kb * 32u) / 4u;
      let o = (m * COLUMNS + n) / 4u;
      var sum = vec4<f32>();
      if (kb != 0u) { sum += y[o]; }
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
      y[o] = sum;
    }
  }
}
