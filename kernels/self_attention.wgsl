// Causal self-attention of new rows over their sequence's cache and the new rows before them; each row's key and value join the cache.
// One workgroup: one head of one row. Scores of all keys lie in shared memory; then 4 groups of 16 invocations sum the values.
// A dispatch never reads what it appends: keys of this pass come from qkv.
//#import cache(k_cache)
//#import pages(pages)

struct Params {
  n_rows: u32,
  n_state: u32,
  context: u32, // positions a sequence has in the cache
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> qkv: array<vec4<f32>>; // [n_rows, 3, n_state]
@group(0) @binding(2) var<storage, read_write> rows: array<vec4<u32>>; // [n_rows] token, position, sequence, first
@group(0) @binding(5) var<storage, read_write> y: array<vec4<f32>>; // [n_rows, n_state]

const LANES = 64u;
const MAX_KEYS = 512u;
const SCALE = 0.18033688011112042; // log2(e) / sqrt(64)
var<workgroup> scores: array<f32, MAX_KEYS>;
var<workgroup> partial: array<vec4<f32>, LANES>;

struct Span {
  cached: u32, // keys that stand in the cache
  total: u32, // and those of this pass, up to the row itself
  sequence: u32,
  head: u32, // its begin in a row, in vec4s
  first: u32, // of the sequence's first row and head in qkv, in vec4s
}

// Where position t of a sequence's cache lies, in vec4s.
fn place(s: Span, t: u32) -> u32 {
  return (page(s.sequence, t, params.context) * params.context + t) * (params.n_state / 4u) + s.head;
}

fn key4(s: Span, t: u32, c: u32) -> vec4<f32> {
  let n4 = params.n_state / 4u;
  if (t < s.cached) { return cached_k4(place(s, t) + c); }
  return qkv[s.first + ((t - s.cached) * 3u + 1u) * n4 + c];
}

fn value4(s: Span, t: u32, c: u32) -> vec4<f32> {
  let n4 = params.n_state / 4u;
  if (t < s.cached) { return cached_v4(place(s, t) + c); }
  return qkv[s.first + ((t - s.cached) * 3u + 2u) * n4 + c];
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) i: u32) {
  let r = group.y;
  let row = rows[r];
  let n4 = params.n_state / 4u;
  let head = group.x * 16u;
  let unused = row.z == 0xffffffffu;
  let first = min(row.w, r);
  let cached = select(rows[first].y, 0u, unused);
  let s = Span(cached, cached + 1u + r - first, select(row.z, 0u, unused), head, first * 3u * n4 + head);
  let q = r * 3u * n4 + head;

  var highest = -1e30;
  for (var t = i; t < s.total; t += LANES) {
    var score = 0.0;
    for (var c = 0u; c < 16u; c++) { score += dot(qkv[q + c], key4(s, t, c)); }
    score *= SCALE;
    scores[t] = score;
    highest = max(highest, score);
  }
  partial[i].x = highest;
  workgroupBarrier();
  for (var lane = 0u; lane < LANES; lane++) { highest = max(highest, partial[lane].x); }

  // Invocation i: elements 4 (i % 16) .. of the head, over every fourth key from i / 16 on. w counts the weights.
  var o = vec4<f32>();
  var weight = 0.0;
  for (var t = i / 16u; t < s.total; t += LANES / 16u) {
    let p = exp2(scores[t] - highest);
    weight += p;
    o += p * value4(s, t, i % 16u);
  }
  workgroupBarrier();
  partial[i] = o;
  scores[i] = weight;
  workgroupBarrier();
  if (i >= 16u) { return; }
  for (var lane = i + 16u; lane < LANES; lane += 16u) {
    o += partial[lane];
    weight += scores[lane];
  }
  y[r * n4 + head + i] = o / weight;
  if (!unused) { keep4((row.z * params.context + row.y) * n4 + head, q + n4, q + 2u * n4, i); }
}
