// y[M, N] = x[M, K] * w[N, K]^T + bias with int8 codes on both sides: exact integer sums over each 32 of K, scaled and added in f32.
// One invocation: 4 x 4 outputs, in named sums; dot4I8Packed takes four products at once where the adapter can.
requires packed_4x8_integer_dot_product;
//#import bias(bias)
//#import gelu

struct Params {
  m: u32,
  n: u32,
  k: u32,
  accumulate: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<u32>>; // [M, K] codes
@group(0) @binding(2) var<storage, read_write> x_scale: array<f32>; // [M, K / 32]
@group(0) @binding(3) var<storage, read> w: array<vec4<u32>>; // [N, K] codes
@group(0) @binding(6) var<storage, read> w_scale: array<u32>; // [N, K / 32] f16 times 256, two a word
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [M, N]

override GELU: bool = false;

struct Run {
  a: vec4<u32>,
  b: vec4<u32>,
  scale: f32,
}

fn x_run(m: u32, span: u32) -> Run {
  let i = (min(m, params.m - 1u) * params.k) / 32u + span;
  return Run(x[2u * i], x[2u * i + 1u], x_scale[i]);
}

fn w_run(n: u32, span: u32) -> Run {
  let i = (n * params.k) / 32u + span;
  let scales = unpack2x16float(w_scale[i / 2u]);
  return Run(w[2u * i], w[2u * i + 1u], select(scales.x, scales.y, (i & 1u) == 1u) * 0.00390625);
}

fn product(x: Run, w: Run) -> f32 {
  let low = dot4I8Packed(x.a.x, w.a.x) + dot4I8Packed(x.a.y, w.a.y) + dot4I8Packed(x.a.z, w.a.z) + dot4I8Packed(x.a.w, w.a.w);
  let high = dot4I8Packed(x.b.x, w.b.x) + dot4I8Packed(x.b.y, w.b.y) + dot4I8Packed(x.b.z, w.b.z) + dot4I8Packed(x.b.w, w.b.w);
  return f32(low + high) * x.scale * w.scale;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.x * 4u;
  let m = id.y * 4u;
  if (n >= params.n || m >= params.m) { return; }
  var s0 = vec4<f32>();
  var s1 = vec4<f32>();
  var s2 = vec4<f32>();
  var s3 = vec4<f32>();
  for (var span = 0u; span < params.k / 32u; span++) {
    let w0 = w_run(n, span);
    let w1 = w_run(n + 1u, span);
    let w2 = w_run(n + 2u, span);
    let w3 = w_run(n + 3u, span);
    let x0 = x_run(m, span);
    s0 += vec4<f32>(product(x0, w0), product(x0, w1), product(x0, w2), product(x0, w3));
    let x1 = x_run(m + 1u, span);
    s1 += vec4<f32>(product(x1, w0), product(x1, w1), product(x1, w2), product(x1, w3));
    let x2 = x_run(m + 2u, span);
    s2 += vec4<f32>(product(x2, w0), product(x2, w1), product(x2, w2), product(x2, w3));
    let x3 = x_run(m + 3u, span);
    s3 += vec4<f32>(product(x3, w0), product(x3, w1), product(x3, w2), product(x3, w3));
  }
  store(m, id.x, s0);
  store(m + 1u, id.x, s1);
  store(m + 2u, id.x, s2);
  store(m + 3u, id.x, s3);
}

fn store(m: u32, n4: u32, sum: vec4<f32>) {
  if (m >= params.m) { return; }
  let i = m * params.n / 4u + n4;
  var value = sum + bias4(n4);
  if (GELU) { value = gelu(value); }
  if (params.accumulate != 0u) { value += y[i]; }
  y[i] = value;
}
