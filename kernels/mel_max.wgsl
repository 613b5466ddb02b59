// highest = max(highest, every element of the mel's frames). One workgroup strides over all and combines in shared memory.

struct Params {
  begin: u32, // elements before the first frame
  end: u32, // element after the last
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> mel: array<f32>; // [frames + 3, n_mels]
@group(0) @binding(2) var<storage, read_write> highest: array<f32>; // [1]

const LANES = 64u;
var<workgroup> partial: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) i: u32) {
  var value = highest[0];
  for (var j = params.begin + i; j < params.end; j += LANES) { value = max(value, mel[j]); }
  partial[i] = value;
  workgroupBarrier();
  if (i != 0u) { return; }
  for (var lane = 1u; lane < LANES; lane++) { value = max(value, partial[lane]); }
  highest[0] = value;
}
