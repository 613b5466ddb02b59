// int8 codes of activations, one scale per 32 of a row: scale = max |x| / 127, code = round(x / scale), ties to even.
// One invocation: one run of 32. Ordinary division, so that code and scale agree on every adapter to the last bit or so.
requires packed_4x8_integer_dot_product;

struct Params {
  n: u32, // runs of 32
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [n, 32]
@group(0) @binding(2) var<storage, read_write> y: array<u32>; // [n, 32] codes, four a word
@group(0) @binding(3) var<storage, read_write> y_scale: array<f32>; // [n]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= params.n) { return; }
  let first = id.x * 8u;
  var highest = vec4<f32>();
  for (var c = 0u; c < 8u; c++) { highest = max(highest, abs(x[first + c])); }
  let scale = max(max(highest.x, highest.y), max(highest.z, highest.w)) / 127.0;
  let inverse = select(0.0, 1.0 / scale, scale > 0.0);
  for (var c = 0u; c < 8u; c++) { y[first + c] = pack4xI8(vec4<i32>(round(x[first + c] * inverse))); }
  y_scale[id.x] = scale;
}
