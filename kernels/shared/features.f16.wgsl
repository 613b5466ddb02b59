// Audio features stored as f16, two a word.
@group(0) @binding(2) var<storage, read_write> xa: array<vec4<u32>>;

// Elements 8 * i .. 8 * i + 7.
fn xa8(i: u32) -> mat2x4<f32> {
  let p = xa[i];
  return mat2x4<f32>(
    vec4<f32>(unpack2x16float(p.x), unpack2x16float(p.y)),
    vec4<f32>(unpack2x16float(p.z), unpack2x16float(p.w)),
  );
}
