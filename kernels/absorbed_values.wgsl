// y[r, 64 h + c] = w[64 h + c] . x[r, h] + bias: a head's mean of audio features taken through its 64 rows of the value projection.
// One workgroup: 8 rows of w for one row of x; 8 invocations stride along the features and add up through shared memory.
//#import weight(w)
//#import bias(bias)

struct Params {
  n_state: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>; // [R, heads, n_state]
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [R, n_state]

const ROWS = 8u;
const LANES = 8u;
var<workgroup> partial: array<f32, 64>; // [ROWS, LANES]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let k = params.n_state;
  let n = group.x * ROWS + i / LANES;
  let first = (group.y * (k / 64u) + n / 64u) * (k / 4u);
  var sum = 0.0;
  for (var k16 = i % LANES; k16 < k / 16u; k16 += LANES) {
    let wv = weight16(n, k16, k);
    let j = first + k16 * 4u;
    sum += dot(x[j], wv[0]) + dot(x[j + 1u], wv[1]) + dot(x[j + 2u], wv[2]) + dot(x[j + 3u], wv[3]);
  }
  partial[i] = sum;
  workgroupBarrier();
  if (i % LANES != 0u) { return; }
  for (var lane = 1u; lane < LANES; lane++) { sum += partial[i + lane]; }
  y[group.y * k + n] = sum + bias4(n / 4u)[n % 4u];
}
