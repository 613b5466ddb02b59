// Probability of one token of each row, by the softmax over the first `count` logits.
// One workgroup: one row; 64 invocations share its logits.

struct Params {
  stride: u32, // logits of a row, padding included
  count: u32,
  first: u32, // row of targets and y that is row 0 of the logits
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>; // [R, stride]
@group(0) @binding(2) var<storage, read_write> targets: array<u32>; // [>= first + R]
@group(0) @binding(3) var<storage, read_write> y: array<f32>; // [>= first + R]

const LANES = 64u;
var<workgroup> partial: array<vec2<f32>, LANES>; // highest, sum of exp(logit - highest)

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let row = group.x * params.stride;
  var highest = -1e30;
  for (var c = i; c < params.count; c += LANES) { highest = max(highest, logits[row + c]); }
  var sum = 0.0;
  for (var c = i; c < params.count; c += LANES) { sum += exp(logits[row + c] - highest); }
  partial[i] = vec2<f32>(highest, sum);
  workgroupBarrier();
  if (i != 0u) { return; }
  for (var lane = 1u; lane < LANES; lane++) { highest = max(highest, partial[lane].x); }
  sum = 0.0;
  for (var lane = 0u; lane < LANES; lane++) { sum += partial[lane].y * exp(partial[lane].x - highest); }
  let target_logit = logits[row + min(targets[params.first + group.x], params.count - 1u)];
  y[params.first + group.x] = exp(target_logit - highest) / sum;
}
