// log10 of the mel filters' power: y[first + 1 + t, mel] = log10(max(sum of |spectrum[t, bin]|^2 * filter[mel, bin], 1e-10)).
// One invocation: one filter of one frame, over the few bins where the triangle is not 0. Row 0 of y is the padding before frame 0.

struct Params {
  n_frames: u32,
  n_mels: u32,
  first: u32, // frame of the window that row 0 of the spectra is
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> spectrum: array<f32>; // [n_frames, 2, 208]
@group(0) @binding(2) var<storage, read> filters: array<f32>; // [n_mels, 208]
@group(0) @binding(3) var<storage, read> bands: array<vec2<u32>>; // [n_mels] first bin, bin after the last
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [frames of the window + 3, n_mels]

const BINS = 208u;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let frame = id.x / params.n_mels;
  let mel = id.x % params.n_mels;
  if (frame >= params.n_frames) { return; }
  let band = bands[mel];
  var sum = 0.0;
  for (var bin = band.x; bin < band.y; bin++) {
    let re = spectrum[frame * 2u * BINS + bin];
    let im = spectrum[frame * 2u * BINS + BINS + bin];
    sum += (re * re + im * im) * filters[mel * BINS + bin];
  }
  y[(params.first + 1u + frame) * params.n_mels + mel] = log2(max(sum, 1e-10)) * 0.30102999566398120;
}
