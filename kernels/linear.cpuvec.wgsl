// y[M, N] = x[M, K] * w[N, K]^T + bias[N] for few rows of x, on software adapters: no barrier, no subgroup operation.
// One invocation: 4 columns of one row of y, whose four partial sums hide the latency of loads.
//#import weight(w)
//#import bias(bias)
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


@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.x * 4u;
  if (n >= params.n) { return; }
  var sum = vec4<f32>();
  for (var k16 = 0u; k16 < params.k / 16u; k16++) {
    let j = (params.x_begin + id.y * params.x_stride) / 4u + k16 * 4u;
    let v = mat4x4<f32>(x[j], x[j + 1u], x[j + 2u], x[j + 3u]);
    sum += vec4<f32>(
      dot16(v, weight16(n, k16, params.k)),
      dot16(v, weight16(n + 1u, k16, params.k)),
      dot16(v, weight16(n + 2u, k16, params.k)),
      dot16(v, weight16(n + 3u, k16, params.k)),
    );
  }
  var value = sum + bias4(id.x);
  if (params.gelu != 0u) { value = gelu(value); }
  let o = id.y * params.n / 4u + id.x;
  if (params.accumulate != 0u) { value += y[o]; }
  y[o] = value;
}

