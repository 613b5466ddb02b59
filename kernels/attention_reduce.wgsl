// Joins the partial sums of cross_attention: y = sum of exp2(highest_s - highest) o_s / sum of exp2(highest_s - highest) weight_s.
// One invocation: 4 elements of one head of one row, over all splits.

struct Params {
  n: u32, // rows * heads * 16
  splits: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [rows * heads, splits, 17]
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>; // [rows * heads, 16]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.n) { return; }
  let first = id.x / 16u * params.splits * 17u;
  var highest = -1e30;
  for (var s = 0u; s < params.splits; s++) { highest = max(highest, x[first + s * 17u + 16u].x); }
  var sum = vec4<f32>();
  var weight = 0.0;
  for (var s = 0u; s < params.splits; s++) {
    let i = first + s * 17u;
    let scale = exp2(x[i + 16u].x - highest);
    sum += scale * x[i + id.x % 16u];
    weight += scale * x[i + 16u].y;
  }
  y[id.x] = sum / weight;
}
