// Multiply-adds in registers: 4 chains of vec4 a lane, so that one need not wait for another. 64 multiply-adds a round and lane.

struct Params {
  rounds: u32,
  factor: f32, // below 1, so that no chain grows
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<f32>; // [lanes]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let m = vec4<f32>(params.factor);
  let c = vec4<f32>(1.0 - params.factor);
  var a = vec4<f32>(f32(i)) * vec4<f32>(0.1, 0.2, 0.3, 0.4);
  var b = a + 1.0;
  var d = a + 2.0;
  var e = a + 3.0;
  for (var r = 0u; r < params.rounds; r++) {
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
    a = fma(a, m, c); b = fma(b, m, c); d = fma(d, m, c); e = fma(e, m, c);
  }
  y[group.x * 64u + i] = dot(a + b, d + e);
}
