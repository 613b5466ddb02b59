// Next to nothing: counts how often it ran. What it costs is what a dispatch costs.

struct Params {
  step: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(1)
fn main() {
  y[0] += params.step;
}
