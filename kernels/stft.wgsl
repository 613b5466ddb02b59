// Spectra of frames of samples under a Hann window: y[frame, bin] real, y[frame, 208 + bin] imaginary part.
// One workgroup: one frame. The windowed samples and a table of 400 cosines lie in shared memory; an invocation sums whole bins.
//#import dft

struct Params {
  m: u32, // frames
  x_begin: u32, // samples before frame 0
  x_stride: u32, // samples from a frame to the next
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>; // samples
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [m, 416]

const LANES = 128u;
var<workgroup> samples: array<f32, N_FFT>;
var<workgroup> cosines: array<f32, N_FFT>;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  for (var k = i; k < N_FFT; k += LANES) {
    let c = cosine(vec4<u32>(k)).x;
    cosines[k] = c;
    samples[k] = x[params.x_begin + group.x * params.x_stride + k] * (0.5 - 0.5 * c);
  }
  workgroupBarrier();
  for (var bin = i; bin < BINS; bin += LANES) {
    var sum = vec2<f32>();
    var turn = 0u;
    for (var k = 0u; k < N_FFT; k++) {
      let quarter = select(turn + 100u, turn - 300u, turn >= 300u);
      sum += samples[k] * vec2<f32>(cosines[turn], cosines[quarter]);
      turn += bin;
      if (turn >= N_FFT) { turn -= N_FFT; }
    }
    let o = group.x * COLUMNS + bin;
    y[o] = sum.x;
    y[o + BINS] = sum.y;
  }
}
