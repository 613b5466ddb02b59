// int8 codes of 64 elements of x and their f32 scale: scale = max |x| / 127, code = round(x / scale), ties to even. 0 for zeros.
requires packed_4x8_integer_dot_product;

// Of the 64 elements from x[begin] on.
fn scale_of(begin: u32) -> f32 {
  var highest = vec4<f32>();
  for (var c = 0u; c < 16u; c++) { highest = max(highest, abs(x[begin + c])); }
  return max(max(highest.x, highest.y), max(highest.z, highest.w)) * 0.007874016; // 1 / 127: a product is the same everywhere
}

fn code4(v: vec4<f32>, scale: f32) -> u32 {
  return pack4xI8(vec4<i32>(round(v * select(0.0, 1.0 / scale, scale > 0.0))));
}
