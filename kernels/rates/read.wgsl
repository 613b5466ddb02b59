// Reads all of x as often as there are rounds, 16 bytes a load. A workgroup has a run of x to itself; neighbouring lanes read neighbouring
// words, four loads in flight each.

struct Params {
  rounds: u32,
  run: u32, // vec4s of a workgroup, a multiple of 256
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>; // [workgroups * 64]
@group(0) @binding(2) var<storage, read> x: array<vec4<u32>>; // [workgroups * run]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let begin = group.x * params.run + i;
  let end = begin + params.run;
  var sum = vec4<u32>(0u);
  for (var r = 0u; r < params.rounds; r++) {
    for (var at = begin; at < end; at += 256u) {
      sum ^= (x[at] ^ x[at + 64u]) ^ (x[at + 128u] ^ x[at + 192u]);
    }
    sum += vec4<u32>(r); // or an even number of rounds would be none
  }
  y[group.x * 64u + i] = sum.x ^ sum.y ^ sum.z ^ sum.w;
}
