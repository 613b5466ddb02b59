// y[M, N] = x[M, K] * w[N, K]^T + bias[N] for few rows of x, on software adapters whose subgroups have 8 lanes.
// One lane: 4 columns of one row of y at a time. The lanes share x by broadcasts, since such adapters load lane by lane and loads bound
// them.
enable subgroups;
//#import weight(w)
//#import bias(bias)
//#import norm(norm_weight)
//#import gelu

struct Params {
  m: u32,
  n: u32,
  k: u32,
  x_begin: u32, // floats before row 0 of x
  x_stride: u32, // floats from a row to the next; less than k where rows overlap
  accumulate: u32,
  gelu: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // M rows of K, which may overlap
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [M, N]

fn total(own: f32, i: u32) -> f32 {
  return subgroupAdd(own);
}

@compute @workgroup_size(8)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let first = (params.x_begin + group.y * params.x_stride) / 4u;
  take_row(first, lane, 8u);
  for (var turn = group.x; turn * 32u < params.n; turn += groups.x) { columns(first, group.y, turn * 8u + lane, lane); }
}

// Columns 4 * n4 .. of the row taken.
fn columns(first: u32, row: u32, n4: u32, lane: u32) {
  let n = n4 * 4u;
  var s0 = 0.0; // not a vec4: that makes lavapipe a third slower where there is no bias
  var s1 = 0.0;
  var s2 = 0.0;
  var s3 = 0.0;
  for (var k32 = 0u; k32 < params.k / 32u; k32++) {
    let v = x4(first, k32 * 8u + lane);
    let a = mat4x4<f32>(
      subgroupBroadcast(v, 0u),
      subgroupBroadcast(v, 1u),
      subgroupBroadcast(v, 2u),
      subgroupBroadcast(v, 3u),
    );
    let b = mat4x4<f32>(
      subgroupBroadcast(v, 4u),
      subgroupBroadcast(v, 5u),
      subgroupBroadcast(v, 6u),
      subgroupBroadcast(v, 7u),
    );
    s0 += dot32(n, k32, params.k, a, b);
    s1 += dot32(n + 1u, k32, params.k, a, b);
    s2 += dot32(n + 2u, k32, params.k, a, b);
    s3 += dot32(n + 3u, k32, params.k, a, b);
  }
  var value = vec4<f32>(s0, s1, s2, s3) + bias4(n4);
  if (params.gelu != 0u) { value = gelu(value); }
  let o = row * params.n / 4u + n4;
  if (params.accumulate != 0u) { value += y[o]; }
  y[o] = value;
}
