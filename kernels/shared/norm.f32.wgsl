// Rows of x normalised (layer_norm) as they are read. Every workgroup finds the row's mean and scale anew: less work than a dispatch costs.
// The importing kernel declares x, params.k and `total`: the sum of what each invocation of a workgroup passes.
@group(0) @binding(6) var<storage, read> norm_weight: array<vec4<f32>>; // [K]
@group(0) @binding(7) var<storage, read> norm_bias: array<vec4<f32>>; // [K]

const EPS = 1e-5;
var<private> row_mean: f32;
var<private> row_scale: f32;

// Before x4, by all `count` invocations of a workgroup, this one the i-th: the row that begins at x[first].
fn take_row(first: u32, i: u32, count: u32) {
  let n4 = params.k / 4u;
  var sum = vec4<f32>();
  for (var c = i; c < n4; c += count) { sum += x[first + c]; }
  row_mean = total(dot(sum, vec4<f32>(1.0)), i) / f32(params.k);
  var squares = vec4<f32>();
  for (var c = i; c < n4; c += count) {
    let d = x[first + c] - row_mean;
    squares += d * d;
  }
  row_scale = inverseSqrt(total(dot(squares, vec4<f32>(1.0)), i) / f32(params.k) + EPS);
}

// Elements 4 * c .. 4 * c + 3 of the row taken.
fn x4(first: u32, c: u32) -> vec4<f32> {
  return (x[first + c] - row_mean) * row_scale * norm_weight[c] + norm_bias[c];
}
