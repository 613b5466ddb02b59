// Positional embeddings stored as f32.
@group(0) @binding(1) var<storage, read> position: array<vec4<f32>>; // [positions, n_state]

// Elements 4 * i .. 4 * i + 3.
fn position4(i: u32) -> vec4<f32> {
  return position[i];
}
