// y = softmax(q k^T / 8) v per head of 64, every query over all keys (the encoder); no matrix of scores in memory.
// One workgroup: 64 queries of one head, one an invocation. Tiles of 32 keys pass through shared memory, read by all at one address
// (a broadcast); online softmax with one rescaling a tile, in powers of two so that exp2 serves.
//#import kv(k)

struct Params {
  n_query: u32,
  n_key: u32,
  n_state: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> q: array<vec4<f32>>; // [n_query, n_state]
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>; // [n_query, n_state]

const TILE = 32u;
const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)
var<workgroup> ks: array<vec4<f32>, 512>; // [TILE, 16]
var<workgroup> vs: array<vec4<f32>, 512>; // [TILE, 16]

fn load_tile(first: u32, head: u32, i: u32) {
  for (var j = i; j < TILE * 8u; j += 64u) {
    let key = min(first + j / 8u, params.n_key - 1u);
    let at = (key * params.n_state + head * 64u) / 8u + j % 8u;
    let kk = k8(at);
    let vv = v8(at);
    ks[2u * j] = kk[0];
    ks[2u * j + 1u] = kk[1];
    vs[2u * j] = vv[0];
    vs[2u * j + 1u] = vv[1];
  }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let query = group.x * 64u + i;
  let row = (min(query, params.n_query - 1u) * params.n_state + group.y * 64u) / 4u;
  var qs: array<vec4<f32>, 16>;
  var o: array<vec4<f32>, 16>;
  for (var c = 0u; c < 16u; c++) { qs[c] = q[row + c] * SCALE; }
  var highest = -1e30;
  var sum = 0.0;
  for (var first = 0u; first < params.n_key; first += TILE) {
    load_tile(first, group.y, i);
    workgroupBarrier();
    var scores: array<f32, TILE>;
    var tile_highest = highest;
    for (var t = 0u; t < TILE; t++) {
      var s = vec4<f32>();
      for (var c = 0u; c < 16u; c++) { s += qs[c] * ks[t * 16u + c]; }
      scores[t] = select(-1e30, dot(s, vec4<f32>(1.0)), first + t < params.n_key);
      tile_highest = max(tile_highest, scores[t]);
    }
    let fade = exp2(highest - tile_highest);
    highest = tile_highest;
    sum *= fade;
    for (var c = 0u; c < 16u; c++) { o[c] *= fade; }
    for (var t = 0u; t < TILE; t++) {
      let p = exp2(scores[t] - highest);
      sum += p;
      for (var c = 0u; c < 16u; c++) { o[c] += p * vs[t * 16u + c]; }
    }
    workgroupBarrier();
  }
  if (query >= params.n_query) { return; }
  for (var c = 0u; c < 16u; c++) { y[row + c] = o[c] / sum; }
}
