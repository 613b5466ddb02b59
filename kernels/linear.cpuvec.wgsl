// y[M, N] = x[M, K] * w[N, K]^T + bias[N] for few rows of x, on software adapters.
// One lane: 4 columns of one row of y at a time. The lanes share x by broadcasts, since such adapters load lane by lane and loads bound
// them; so much code goes into a load that the columns are a loop, lest it outgrow the caches of code.
enable subgroups;
//#import weight(w)
//#import bias(bias)
//#import norm(norm_weight)
//#import gelu
//#import row_begin
//#import row32

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

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let first = row_begin(group.y);
  take_row(first, lane, LANES);
  for (var turn = group.x; turn * LANES * 4u < params.n; turn += groups.x) {
    columns(first, group.y, turn * LANES + lane, lane);
  }
}

// Columns 4 * n4 .. of the row taken.
fn columns(first: u32, row: u32, n4: u32, lane: u32) {
  let n = n4 * 4u;
  var s = vec4<f32>();
  for (var k32 = 0u; k32 < params.k / 32u; k32++) {
    let x = row32(first, k32, lane);
    // 4 columns; not a number that the compiler knows, or it would write the loop out.
    for (var c = 0u; c < min(4u, params.n - n); c++) {
      s += select(vec4<f32>(), vec4<f32>(product32(x, n + c, k32, params.k)), vec4<u32>(c) == vec4<u32>(0u, 1u, 2u, 3u));
    }
  }
  var value = s + bias4(n4);
  if (params.gelu != 0u) { value = gelu(value); }
  let o = row * params.n / 4u + n4;
  if (params.accumulate != 0u) { value += y[o]; }
  y[o] = value;
}
