// Lanes in a subgroup of a workgroup of 64, as the device runs it.
enable subgroups;

struct Params {
  step: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) i: u32, @builtin(subgroup_size) size: u32) {
  if (i == 0u) { y[0] = size * params.step; }
}
