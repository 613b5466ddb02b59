// y[M, N] = x[M, K] * w[N, K]^T + bias[N] for a few rows of x, such as beams, on software adapters.
// One lane: 8 columns of 5 rows of y at a time, so that a weight is loaded and widened once for all rows. As in linear.cpuvec the lanes
// share x by broadcasts and the columns are a loop.
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

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  for (var turn = group.x; turn * LANES * 8u < params.n; turn += groups.x) {
    columns(group.y * 5u, (turn * LANES + lane) * 2u, lane);
  }
}

// Columns 4 * n4 .. 4 * n4 + 7 of rows r .. r + 4; those past the last are computed as the last, and not kept.
fn columns(r: u32, n4: u32, lane: u32) {
  let n = n4 * 4u;
  var low0 = vec4<f32>(); // columns n .. n + 3
  var low1 = vec4<f32>();
  var low2 = vec4<f32>();
  var low3 = vec4<f32>();
  var low4 = vec4<f32>();
  var high0 = vec4<f32>(); // columns n + 4 .. n + 7
  var high1 = vec4<f32>();
  var high2 = vec4<f32>();
  var high3 = vec4<f32>();
  var high4 = vec4<f32>();
  for (var k32 = 0u; k32 < params.k / 32u; k32++) {
    let x0 = row32(row_begin(r), k32, lane);
    let x1 = row32(row_begin(r + 1u), k32, lane);
    let x2 = row32(row_begin(r + 2u), k32, lane);
    let x3 = row32(row_begin(r + 3u), k32, lane);
    let x4 = row32(row_begin(r + 4u), k32, lane);
    for (var c = 0u; c < min(8u, params.n - n); c++) {
      let w = block32(n + c, k32, params.k);
      let low = vec4<u32>(c) == vec4<u32>(0u, 1u, 2u, 3u);
      let high = vec4<u32>(c) == vec4<u32>(4u, 5u, 6u, 7u);
      let d0 = dot32(x0, w);
      let d1 = dot32(x1, w);
      let d2 = dot32(x2, w);
      let d3 = dot32(x3, w);
      let d4 = dot32(x4, w);
      low0 += at(low, d0);
      low1 += at(low, d1);
      low2 += at(low, d2);
      low3 += at(low, d3);
      low4 += at(low, d4);
      high0 += at(high, d0);
      high1 += at(high, d1);
      high2 += at(high, d2);
      high3 += at(high, d3);
      high4 += at(high, d4);
    }
  }
  keep(r, n4, low0, high0);
  keep(r + 1u, n4, low1, high1);
  keep(r + 2u, n4, low2, high2);
  keep(r + 3u, n4, low3, high3);
  keep(r + 4u, n4, low4, high4);
}

fn at(here: vec4<bool>, value: f32) -> vec4<f32> {
  return select(vec4<f32>(), vec4<f32>(value), here);
}

fn keep(r: u32, n4: u32, low: vec4<f32>, high: vec4<f32>) {
  if (r >= params.m) { return; }
  keep4(r * params.n / 4u + n4, low + bias4(n4));
  keep4(r * params.n / 4u + n4 + 1u, high + bias4(n4 + 1u));
}
fn keep4(o: u32, sum: vec4<f32>) {
  var value = sum;
  if (params.gelu != 0u) { value = gelu(value); }
  if (params.accumulate != 0u) { value += y[o]; }
  y[o] = value;
}
