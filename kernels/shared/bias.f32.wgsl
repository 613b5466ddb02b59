// A bias per column.
@group(0) @binding(4) var<storage, read> bias: array<vec4<f32>>; // [N]

// Of columns 4 * n4 .. 4 * n4 + 3.
fn bias4(n4: u32) -> vec4<f32> {
  return bias[n4];
}
