// Output stored as f32.
@group(0) @binding(2) var<storage, read_write> k: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4<f32>>;

fn narrow4(x: vec4<f32>) -> vec4<f32> {
  return x;
}
