// Joins the partial sums of attention over runs: y = sum of exp2(highest_s - highest) o_s / sum of exp2(highest_s - highest) weight_s,
// or 0 where all runs are empty.
// One invocation: 4 elements of one head of one row, over all runs.

struct Params {
  n: u32, // rows * heads * width
  width: u32, // of a head's sums, in vec4s
  splits: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [rows * heads, splits, width + 1]
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>; // [rows * heads, width]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.n) { return; }
  let run = params.width + 1u;
  let first = id.x / params.width * params.splits * run;
  var highest = -1e30;
  for (var s = 0u; s < params.splits; s++) { highest = max(highest, x[first + s * run + params.width].x); }
  var sum = vec4<f32>();
  var weight = 0.0;
  for (var s = 0u; s < params.splits; s++) {
    let i = first + s * run;
    let scale = exp2(x[i + params.width].x - highest);
    sum += scale * x[i + id.x % params.width];
    weight += scale * x[i + params.width].y;
  }
  y[id.x] = sum / select(1.0, weight, weight > 0.0);
}
