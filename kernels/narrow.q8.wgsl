// y = x as int8 codes, every 64 before their f32 scale. One invocation: 64 elements.
//#import q8

struct Params {
  n4: u32, // elements of x / 4
  first4: u32, // of y / 4, where x begins
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let begin = id.x * 16u;
  if (begin >= params.n4) { return; }
  let to = (params.first4 + begin) / 16u * 17u;
  let scale = scale_of(begin);
  for (var c = 0u; c < 16u; c++) { y[to + c] = code4(x[begin + c], scale); }
  y[to + 16u] = bitcast<u32>(scale);
}
