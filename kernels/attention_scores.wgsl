// Scaled scores of one head: y[r, t] = q[r] . xa[t] / 8, of all rows over all keys, or absorbed over all features, of the first audio.
// One invocation: one score.
//#import features(xa)

struct Params {
  n_rows: u32,
  n_key: u32,
  columns: u32, // of y; zeros after n_key
  width: u32, // of a key, in 8 elements; as the stride and begins are
  q_stride: u32,
  q_begin: u32,
  k_begin: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> q: array<vec4<f32>>; // [n_rows, q_stride]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [n_rows, columns]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let t = id.x;
  if (t >= params.columns) { return; }
  let query = id.y * params.q_stride + params.q_begin;
  let key = params.k_begin + t * params.width;
  var score = 0.0;
  for (var c = 0u; c < select(0u, params.width, t < params.n_key); c++) {
    let e = xa8(key + c);
    score += dot(q[2u * (query + c)], e[0]) + dot(q[2u * (query + c) + 1u], e[1]);
  }
  y[id.y * params.columns + t] = score * 0.125;
}
