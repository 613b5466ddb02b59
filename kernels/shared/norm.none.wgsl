// Rows of x as they are.
fn take_row(first: u32, i: u32, count: u32) {}

// Elements 4 * c .. 4 * c + 3 of the row that begins at x[first].
fn x4(first: u32, c: u32) -> vec4<f32> {
  return x[first + c];
}
