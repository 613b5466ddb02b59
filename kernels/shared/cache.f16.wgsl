// The decoder's key and value caches stored as f16, two a word.
@group(0) @binding(3) var<storage, read_write> k_cache: array<vec2<u32>>; // [sequences, context, n_state]
@group(0) @binding(4) var<storage, read_write> v_cache: array<vec2<u32>>; // [sequences, context, n_state]

fn widen4(p: vec2<u32>) -> vec4<f32> {
  return vec4<f32>(unpack2x16float(p.x), unpack2x16float(p.y));
}
fn narrow4(x: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(pack2x16float(x.xy), pack2x16float(x.zw));
}

// Elements 4 * i .. 4 * i + 3.
fn cached_k4(i: u32) -> vec4<f32> {
  return widen4(k_cache[i]);
}
fn cached_v4(i: u32) -> vec4<f32> {
  return widen4(v_cache[i]);
}
fn store_kv4(i: u32, k: vec4<f32>, v: vec4<f32>) {
  k_cache[i] = narrow4(k);
  v_cache[i] = narrow4(v);
}
