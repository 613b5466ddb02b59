// y[r, h] = W_h^T q[r, h]: a head's query taken through its 64 rows of the key projection, so that it meets audio features, not keys.
// One invocation: 16 elements of one head of one row.
//#import weight(w)

struct Params {
  n_state: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> q: array<f32>; // [R, n_state]
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>; // [R, heads, n_state]

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = params.n_state;
  let k16 = id.x;
  if (k16 >= n / 16u) { return; }
  let first = id.y * 64u; // row of w
  let query = id.z * n + first;
  var sum = mat4x4<f32>();
  for (var c = 0u; c < 64u; c++) { sum += q[query + c] * weight16(first + c, k16, n); }
  let o = (id.z * (n / 64u) + id.y) * (n / 4u) + k16 * 4u;
  for (var c = 0u; c < 4u; c++) { y[o + c] = sum[c]; }
}
