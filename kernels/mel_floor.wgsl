// In place: frames become (max(x, highest - 8) + 4) / 4; frames past the audio's end and the padding rows become 0.

struct Params {
  n_frames: u32,
  n_mels: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> highest: array<f32>; // [1]
@group(0) @binding(2) var<storage, read_write> content: array<u32>; // [1] frames of the window that hold audio
@group(0) @binding(3) var<storage, read_write> mel: array<f32>; // [n_frames + 3, n_mels]

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x >= (params.n_frames + 3u) * params.n_mels) { return; }
  let row = id.x / params.n_mels;
  let value = (max(mel[id.x], highest[0] - 8.0) + 4.0) / 4.0;
  mel[id.x] = select(0.0, value, row > 0u && row <= content[0]);
}
