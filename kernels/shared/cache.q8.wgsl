// The decoder's key and value caches as int8 codes, the 64 of a head before their f32 scale: 17 words.
requires packed_4x8_integer_dot_product;
//#import bytes
@group(0) @binding(3) var<storage, read_write> k_cache: array<u32>; // [sequences, context, heads, 17]
@group(0) @binding(4) var<storage, read_write> v_cache: array<u32>; // [sequences, context, heads, 17]

fn cached_scale4(i: u32) -> u32 {
  return i / 16u * 17u + 16u;
}

// Elements 4 * i .. 4 * i + 3.
fn cached_k4(i: u32) -> vec4<f32> {
  return signed4(k_cache[i + i / 16u]) * bitcast<f32>(k_cache[cached_scale4(i)]);
}
fn cached_v4(i: u32) -> vec4<f32> {
  return signed4(v_cache[i + i / 16u]) * bitcast<f32>(v_cache[cached_scale4(i)]);
}

// Elements 8 * c .. 8 * c + 7 of the head that begins at element 4 * head.
fn cached_k8(head: u32, c: u32) -> mat2x4<f32> {
  let word = head / 16u * 17u;
  return widen8(k_cache[word + 2u * c], k_cache[word + 2u * c + 1u], k_cache[word + 16u]);
}
fn cached_v8(head: u32, c: u32) -> mat2x4<f32> {
  let word = head / 16u * 17u;
  return widen8(v_cache[word + 2u * c], v_cache[word + 2u * c + 1u], v_cache[word + 16u]);
}

// Of the head from qkv[begin] on: max |x| / 127, as a product, which is the same everywhere.
fn scale_of(begin: u32) -> f32 {
  var highest = vec4<f32>();
  for (var c = 0u; c < 16u; c++) { highest = max(highest, abs(qkv[begin + c])); }
  return max(max(highest.x, highest.y), max(highest.z, highest.w)) * 0.007874016;
}
fn code4(x: vec4<f32>, scale: f32) -> u32 {
  return pack4xI8(vec4<i32>(round(x * select(0.0, 1.0 / scale, scale > 0.0))));
}

// Keeps 4 elements of a head, the c-th of its 16 times 4: of its key and value from qkv[key] and qkv[value] on, in the cache from 4 * head on.
// Each invocation finds the head's scale anew.
fn keep4(head: u32, key: u32, value: u32, c: u32) {
  let word = head / 16u * 17u;
  let k_scale = scale_of(key);
  let v_scale = scale_of(value);
  k_cache[word + c] = code4(qkv[key + c], k_scale);
  v_cache[word + c] = code4(qkv[value + c], v_scale);
  if (c == 0u) {
    k_cache[word + 16u] = bitcast<u32>(k_scale);
    v_cache[word + 16u] = bitcast<u32>(v_scale);
  }
}
