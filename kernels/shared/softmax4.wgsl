// A softmax over keys that come four at a time, their scores the same in all lanes of a subgroup (online softmax: Milakov and Gimelshein
// 2018). Scores are in powers of two.
struct Softmax {
  highest: f32,
  weight: f32, // sum of exp2(score - highest)
  fade: f32, // what sums made before this turn are to be multiplied by
  p: vec4<f32>, // exp2(score - highest) of this turn
}

fn softmax() -> Softmax {
  return Softmax(-1e30, 0.0, 1.0, vec4<f32>());
}

// One turn: the scores of keys t .. t + 3, of which those below `count` are there. A lane finds the power of one of them.
fn turn4(s: Softmax, t: u32, count: u32, scores: vec4<f32>, lane: u32) -> Softmax {
  let score = select(vec4<f32>(-1e30), scores, vec4<u32>(t) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(count));
  let highest = max(s.highest, max(max(score.x, score.y), max(score.z, score.w)));
  let own = exp2(select(select(score.x, score.y, lane == 1u), select(score.z, score.w, lane == 3u), lane > 1u) - highest);
  let p = vec4<f32>(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u), subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));
  let fade = exp2(s.highest - highest);
  return Softmax(highest, s.weight * fade + p.x + p.y + p.z + p.w, fade, p);
}

fn along(a: mat2x4<f32>, b: mat2x4<f32>) -> f32 {
  return dot(a[0], b[0]) + dot(a[1], b[1]);
}
