// Keys and values stored as f16, two a word.
@group(0) @binding(2) var<storage, read_write> k: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<u32>>;

fn widen8(p: vec4<u32>) -> mat2x4<f32> {
  return mat2x4<f32>(
    vec4<f32>(unpack2x16float(p.x), unpack2x16float(p.y)),
    vec4<f32>(unpack2x16float(p.z), unpack2x16float(p.w)),
  );
}

// Elements 8 * i .. 8 * i + 7.
fn k8(i: u32) -> mat2x4<f32> {
  return widen8(k[i]);
}
fn v8(i: u32) -> mat2x4<f32> {
  return widen8(v[i]);
}
