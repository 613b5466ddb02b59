// The decoder's key and value caches stored as f32.
@group(0) @binding(3) var<storage, read_write> k_cache: array<vec4<f32>>; // [sequences, context, n_state]
@group(0) @binding(4) var<storage, read_write> v_cache: array<vec4<f32>>; // [sequences, context, n_state]

// Elements 4 * i .. 4 * i + 3.
fn cached_k4(i: u32) -> vec4<f32> {
  return k_cache[i];
}
fn cached_v4(i: u32) -> vec4<f32> {
  return v_cache[i];
}
fn store_kv4(i: u32, k: vec4<f32>, v: vec4<f32>) {
  k_cache[i] = k;
  v_cache[i] = v;
}
