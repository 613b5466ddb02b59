// The decoder's key and value caches stored as f16, two a word.
//#import halves
@group(0) @binding(3) var<storage, read_write> k_cache: array<vec2<u32>>; // [sequences, context, n_state]
@group(0) @binding(4) var<storage, read_write> v_cache: array<vec2<u32>>; // [sequences, context, n_state]

fn narrow4(x: vec4<f32>) -> vec2<u32> {
  return vec2<u32>(pack2x16float(x.xy), pack2x16float(x.zw));
}

// Elements 4 * i .. 4 * i + 3.
fn cached_k4(i: u32) -> vec4<f32> {
  return halves4(k_cache[i]);
}
fn cached_v4(i: u32) -> vec4<f32> {
  return halves4(v_cache[i]);
}

// Elements 8 * c .. 8 * c + 7 of the head that begins at element 4 * head.
fn cached_k8(head: u32, c: u32) -> mat2x4<f32> {
  return mat2x4<f32>(cached_k4(head + 2u * c), cached_k4(head + 2u * c + 1u));
}
fn cached_v8(head: u32, c: u32) -> mat2x4<f32> {
  return mat2x4<f32>(cached_v4(head + 2u * c), cached_v4(head + 2u * c + 1u));
}

// Keeps 4 elements of a head, the c-th of its 16 times 4: of its key and value from qkv[key] and qkv[value] on, in the cache from 4 * head on.
fn keep4(head: u32, key: u32, value: u32, c: u32) {
  k_cache[head + c] = narrow4(qkv[key + c]);
  v_cache[head + c] = narrow4(qkv[value + c]);
}
