// y[r, 64 h + c] = w[64 h + c] . x[r, h] + bias: a head's mean of audio features taken through its 64 rows of the value projection.
// One invocation: 4 columns of one row, whose four sums hide the latency of loads; no barrier.
//#import weight(w)
//#import bias(bias)

struct Params {
  n_state: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [R, heads, n_state]
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [R, n_state]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let k = params.n_state;
  let n = id.x * 4u;
  if (n >= k) { return; }
  let first = (id.y * (k / 64u) + n / 64u) * (k / 4u);
  var sum = bias4(id.x);
  for (var k16 = 0u; k16 < k / 16u; k16++) {
    let j = first + k16 * 4u;
    let v = mat4x4<f32>(x[j], x[j + 1u], x[j + 2u], x[j + 3u]);
    sum += vec4<f32>(
      along(v, weight16(n, k16, k)),
      along(v, weight16(n + 1u, k16, k)),
      along(v, weight16(n + 2u, k16, k)),
      along(v, weight16(n + 3u, k16, k)),
    );
  }
  y[id.y * (k / 4u) + id.x] = sum;
}

fn along(a: mat4x4<f32>, b: mat4x4<f32>) -> f32 {
  return dot(a[0], b[0]) + dot(a[1], b[1]) + dot(a[2], b[2]) + dot(a[3], b[3]);
}
