// Probability of one token by the bare distribution, out of filter_logits' unfiltered runs; kept in the cursor as no_speech.
// One workgroup of one invocation: one sequence; it runs once a window.
//#import rules

struct Params {
  runs: u32,
  stride: u32, // logits of a sequence
  token: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>; // [n_sequences, stride]
@group(0) @binding(2) var<storage, read_write> x: array<f32>; // [n_sequences, runs, 2, 5]
@group(0) @binding(3) var<storage, read_write> cursor: array<u32>; // [n_sequences, 8]

@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3<u32>) {
  let s = group.x;
  let first = s * params.runs * 10u;
  var highest = -1e30;
  for (var half = 0u; half < params.runs * 2u; half++) { highest = max(highest, x[first + half * 5u + 3u]); }
  var sum = 0.0;
  for (var half = 0u; half < params.runs * 2u; half++) {
    let at = first + half * 5u;
    sum += x[at + 4u] * exp(x[at + 3u] - highest);
  }
  let p = exp(logits[s * params.stride + params.token] - highest) / sum;
  cursor[s * CURSOR + NO_SPEECH] = bitcast<u32>(p);
}
