// y[row] = token_embedding[token of row] + position[position of row]. One invocation: 16 elements of a row.
//#import weight(w)
//#import position(position)

struct Params {
  n_rows: u32,
  n_state: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read_write> rows: array<vec4<u32>>; // [n_rows] token, position, sequence, first
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [n_rows, n_state]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n16 = params.n_state / 16u;
  let r = id.x / n16;
  let k16 = id.x % n16;
  if (r >= params.n_rows) { return; }
  let row = rows[r];
  let embedding = weight16(row.x, k16, params.n_state);
  for (var c = 0u; c < 4u; c++) {
    let k4 = k16 * 4u + c;
    y[r * n16 * 4u + k4] = embedding[c] + position4(row.y * n16 * 4u + k4);
  }
}
