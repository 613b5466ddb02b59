// dot4I8Packed in registers: 8 chains a lane. 32 dot products, of 4 multiply-adds each, a round and lane.

struct Params {
  rounds: u32,
  weights: u32, // four int8
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<i32>; // [lanes]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let w = params.weights;
  var a = i32(i);
  var b = a + 1;
  var c = a + 2;
  var d = a + 3;
  var e = a + 4;
  var f = a + 5;
  var g = a + 6;
  var h = a + 7;
  for (var r = 0u; r < params.rounds; r++) {
    // Each takes its own sum as codes: nothing can be known before.
    a += dot4I8Packed(u32(a), w); b += dot4I8Packed(u32(b), w); c += dot4I8Packed(u32(c), w); d += dot4I8Packed(u32(d), w);
    e += dot4I8Packed(u32(e), w); f += dot4I8Packed(u32(f), w); g += dot4I8Packed(u32(g), w); h += dot4I8Packed(u32(h), w);
    a += dot4I8Packed(u32(a), w); b += dot4I8Packed(u32(b), w); c += dot4I8Packed(u32(c), w); d += dot4I8Packed(u32(d), w);
    e += dot4I8Packed(u32(e), w); f += dot4I8Packed(u32(f), w); g += dot4I8Packed(u32(g), w); h += dot4I8Packed(u32(h), w);
    a += dot4I8Packed(u32(a), w); b += dot4I8Packed(u32(b), w); c += dot4I8Packed(u32(c), w); d += dot4I8Packed(u32(d), w);
    e += dot4I8Packed(u32(e), w); f += dot4I8Packed(u32(f), w); g += dot4I8Packed(u32(g), w); h += dot4I8Packed(u32(h), w);
    a += dot4I8Packed(u32(a), w); b += dot4I8Packed(u32(b), w); c += dot4I8Packed(u32(c), w); d += dot4I8Packed(u32(d), w);
    e += dot4I8Packed(u32(e), w); f += dot4I8Packed(u32(f), w); g += dot4I8Packed(u32(g), w); h += dot4I8Packed(u32(h), w);
  }
  y[group.x * 64u + i] = a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}
