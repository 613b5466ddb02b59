// Positional embeddings stored as f16, two a word.
@group(0) @binding(1) var<storage, read> position: array<vec2<u32>>; // [positions, n_state]

// Elements 4 * i .. 4 * i + 3.
fn position4(i: u32) -> vec4<f32> {
  let p = position[i];
  return vec4<f32>(unpack2x16float(p.x), unpack2x16float(p.y));
}
