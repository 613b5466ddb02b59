"""Make the files of this folder (Python 3.11, numpy 2.4, torch 2.15, gguf 0.19, safetensors 0.8, ctranslate2 4.8).

usage: make_goldens.py OUT

  half.json          f32 bits -> f16 bits by numpy, for every pattern where rounding can go wrong
  ggml_blocks.json   rows quantised and dequantised by ggml-org's gguf package
  quantize.json      this project's schemes, written here in numpy from their definition (src/formats/quantize.ts)
  tiny.safetensors   by the safetensors package
  tiny.pt, strided.pt, legacy.pt   by torch.save
  ct2/               a one-layer Whisper of random weights by ctranslate2, int8_float16; expected.json has the values' sha256
Arrays in JSON are base64 of little-endian bytes.
"""
import base64, hashlib, json, sys
from collections import OrderedDict
from pathlib import Path
import ctranslate2, gguf, numpy as np, torch
from ctranslate2.specs import whisper_spec
from safetensors.torch import save_file

OUT = Path(sys.argv[1])
rng = np.random.default_rng(20240607)
f32 = np.float32
b64 = lambda a: base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
dump = lambda name, value: (OUT / name).write_text(json.dumps(value, indent=1) + "\n")


def half():
    """Around every 41st half: itself, the midpoint to the next, and one f32 step to either side of both."""
    h = np.r_[np.arange(0, 0x7C01, 41), np.arange(0x3F0, 0x410), np.arange(0x7BF0, 0x7C01)].astype(np.uint16)
    at = h.view(np.float16).astype(f32)
    up = np.minimum(h + 1, 0x7C00).astype(np.uint16).view(np.float16).astype(np.float64)
    up[np.isinf(up)] = 65536
    middle = np.where(np.isinf(at), at, (at.astype(np.float64) + up) / 2).astype(f32)
    bits = np.concatenate([at, middle]).view(np.uint32).astype(np.int64)
    bits = np.unique(np.concatenate([bits - 1, bits, bits + 1, [0, 1, 0x7F7FFFFF, 0x7F800000]]))
    bits = bits[(bits >= 0) & (bits <= 0x7F800000)].astype(np.uint32)
    with np.errstate(over="ignore"):
        dump("half.json", dict(f32=b64(bits), f16=b64(bits.view(f32).astype(np.float16))))


def ggml_blocks():
    rows = rng.normal(0, 0.3, (3, 96)).astype(f32)
    rows[0, 32:64] = 0
    rows[1, :32] = np.abs(rows[1, :32])
    out = {}
    for name in ("Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"):
        kind = gguf.GGMLQuantizationType[name]
        stored = gguf.quantize(rows, kind)
        out[name.lower()] = dict(bytes=b64(stored), values=b64(gguf.dequantize(stored, kind).astype(f32)))
    dump("ggml_blocks.json", out)


# Schemes of src/formats/quantize.ts; x is [blocks, 32] f32. Each returns (levels, stored f16 scale).
value = lambda stored: stored.astype(f32) / f32(256)


def stored16(scale):
    return (scale.astype(f32) * f32(256)).astype(np.float16)


def signed_max(x):
    return x[np.arange(len(x)), np.abs(x).argmax(1)]


def int8(x):
    s = stored16(np.abs(signed_max(x)) / f32(127))
    v = value(s)[:, None]
    return np.where(v > 0, np.clip(np.rint(x / np.where(v > 0, v, f32(1))), -127, 127), 0), s


def ggml_rule(h):
    def rule(x):
        d = signed_max(x) / f32(-h)
        inverse = np.where(d != 0, f32(1) / np.where(d != 0, d, f32(1)), f32(0)).astype(f32)[:, None]
        q = np.minimum(2 * h - 1, np.floor(x * inverse + f32(h + 0.5))) - h
        s = stored16(d)
        return np.where(s[:, None] == 0, 0, q), s
    return rule


def int4_search(x):
    """Also which sign of the first scale won, 0 if none."""
    best, winner = np.zeros_like(x), np.zeros(len(x))
    scale = np.zeros(len(x), np.float16)
    error = (x.astype(np.float64) ** 2).sum(1)
    start = signed_max(x) / f32(-8)
    code = lambda d: np.where(d[:, None] == 0, 0, np.clip(np.rint(x / np.where(d == 0, f32(1), d)[:, None]), -8, 7))
    for sign in (1, -1):
        for i in range(19):
            q = code((start * f32(sign * f32((700 + 25 * i) / 1000))).astype(f32)).astype(np.float64)
            qq = (q * q).sum(1)
            d = stored16((x.astype(np.float64) * q).sum(1) / np.where(qq == 0, 1, qq))
            q = code(value(d))
            e = ((x.astype(np.float64) - q * value(d).astype(np.float64)[:, None]) ** 2).sum(1)
            better = e < error
            best[better], scale[better], error[better], winner[better] = q[better], d[better], e[better], sign
    return best, scale, winner


def pack(scheme, levels, k):
    """[rows, bytes] as the header of src/formats/quantize.ts lays them out."""
    rows = levels.reshape(-1, k).astype(np.int64)
    if scheme == "int8":
        return rows.astype(np.int8)
    c = (rows + (32 if scheme == "int6" else 8)).reshape(len(rows), -1, 32)
    nibbles = ((c[:, :, :16] & 15) | ((c[:, :, 16:] & 15) << 4)).reshape(len(rows), -1)
    if scheme == "int4":
        return nibbles.astype(np.uint8)
    pairs = np.zeros((*c.shape[:2], 8), np.int64)
    for h in range(2):
        for g in range(4):
            for j in range(4):
                pairs[:, :, 4 * h + j] |= (c[:, :, 16 * h + 4 * g + j] >> 4) << (2 * g)
    return np.concatenate([nibbles, pairs.reshape(len(rows), -1)], 1).astype(np.uint8)


def quantize(k=128):
    rows = [rng.normal(0, 0.05, k), rng.normal(0, 2e-5, k), rng.standard_cauchy(k) * 0.01, rng.integers(-127, 128, k) / 127,
            np.abs(rng.normal(-0.04, 0.003, k)), np.zeros(k), rng.normal(0, 1, k) * 10.0 ** rng.integers(-9, 2, k),
            np.r_[[0.5, -0.5] * 32, [-0.75, 0.75] * 16, [1e-12] * 32]]
    x = np.array(rows).astype(f32)
    crowded = np.where(np.arange(32) % 32, -rng.uniform(0.5, 0.99, (500, 32)), 1).astype(f32)
    x[4] = crowded[int4_search(crowded)[2] == -1][: k // 32].reshape(-1)  # rare blocks that search codes with the other sign
    x[0, :5] = [0.2, -0.2, 0.2, 0.1, -0.1]  # the first of a tie, and halves of it
    out = dict(k=k, rows=b64(x), schemes={})
    for name, scheme, rule in (("int8", "int8", int8), ("int6", "int6", ggml_rule(32)), ("int4", "int4", ggml_rule(8)),
                               ("int4 search", "int4", int4_search)):
        levels, scale = rule(x.reshape(-1, 32))[:2]
        values = (levels.astype(np.int32).astype(f32) * value(scale)[:, None]).astype(f32)
        out["schemes"][name] = dict(codes=b64(pack(scheme, levels, k)), scales=b64(scale), values=b64(values))
    dump("quantize.json", out)


def checkpoints():
    g = torch.Generator().manual_seed(7)
    base = torch.randn(6, 8, generator=g)
    tensors = OrderedDict(weight=base.half(), rows=base[2:5], bias=torch.arange(8).float(), brain=base.bfloat16(),
                          ids=torch.arange(5), scalar=torch.tensor(2.5), empty=torch.zeros(0, 3))
    tensors._metadata = OrderedDict(version=1)  # as nn.Module.state_dict() has it
    dims = dict(n_mels=80, n_audio_ctx=1500, n_audio_state=384, n_audio_head=6, n_audio_layer=4, n_vocab=51864, n_text_ctx=448,
                n_text_state=384, n_text_head=6, n_text_layer=4)
    torch.save({"dims": dims, "model_state_dict": tensors}, OUT / "tiny.pt")
    torch.save({"model_state_dict": {"turned": base.t()}}, OUT / "strided.pt")
    torch.save({"model_state_dict": {"weight": base}}, OUT / "legacy.pt", _use_new_zipfile_serialization=False)
    plain = {k: v.clone().contiguous() for k, v in tensors.items()}
    save_file({**plain, "codes": torch.arange(-3, 4, dtype=torch.int8)}, OUT / "tiny.safetensors", {"format": "pt", "made": "here"})
    dump("tensors.json", {k: dict(shape=list(v.shape), values=b64(v.float().numpy())) for k, v in plain.items()})


def whisper_ct2():
    """n_mels 4, n_audio_ctx 6, n_vocab 9, n_text_ctx 5, state 32, 2 heads, 1 + 1 layers. OpenAI names -> sha256 of f32 values."""
    d, folder = 32, OUT / "ct2"
    random = lambda *shape: rng.normal(0, 0.1, shape).astype(f32)
    state = {}

    def linear(spec, rows, names, k=d):
        """Fused in order of names; a `.key` gets zeros for its bias."""
        parts = [(random(rows, k), np.zeros(rows, f32) if n.endswith(".key") else random(rows)) for n in names]
        spec.weight, spec.bias = (np.concatenate(each) for each in zip(*parts))
        for n, (weight, bias) in zip(names, parts):
            state[n + ".weight"] = weight
            if not n.endswith(".key"):
                state[n + ".bias"] = bias

    def norm(spec, name):
        spec.gamma, spec.beta = state[name + ".weight"], state[name + ".bias"] = random(d), random(d)

    spec = whisper_spec.WhisperSpec(1, 2, 1, 2)
    for n, c in ((1, 4), (2, d)):
        conv = getattr(spec.encoder, f"conv{n}")
        conv.weight, conv.bias = state[f"encoder.conv{n}.weight"], state[f"encoder.conv{n}.bias"] = random(d, c, 3), random(d)
    for side, part, ctx, last in (("encoder", spec.encoder, 6, "ln_post"), ("decoder", spec.decoder, 5, "ln")):
        part.position_encodings.encodings = state[f"{side}.positional_embedding"] = random(ctx, d)
        norm(part.layer_norm, f"{side}.{last}")
        layer, p = part.layer[0], f"{side}.blocks.0"
        norm(layer.self_attention.layer_norm, p + ".attn_ln")
        linear(layer.self_attention.linear[0], d, [f"{p}.attn.{n}" for n in ("query", "key", "value")])
        linear(layer.self_attention.linear[1], d, [p + ".attn.out"])
        norm(layer.ffn.layer_norm, p + ".mlp_ln")
        linear(layer.ffn.linear_0, 4 * d, [p + ".mlp.0"])
        linear(layer.ffn.linear_1, d, [p + ".mlp.2"], 4 * d)
    cross, p = spec.decoder.layer[0].attention, "decoder.blocks.0"
    norm(cross.layer_norm, p + ".cross_attn_ln")
    linear(cross.linear[0], d, [p + ".cross_attn.query"])
    linear(cross.linear[1], d, [f"{p}.cross_attn.{n}" for n in ("key", "value")])
    linear(cross.linear[2], d, [p + ".cross_attn.out"])
    embedding = state["decoder.token_embedding.weight"] = random(9, d)
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding.copy()
    spec.register_vocabulary(["!", "a", "\u0120the", "\u010a", "\u00e2\u0124\u00ac", "<|endoftext|>", "<|0.00|>", "<|0.02|>", "<|0.04|>"])
    expected = {k: hashlib.sha256(as_stored(k, v).tobytes()).hexdigest() for k, v in sorted(state.items())}
    spec.validate()
    spec.optimize(quantization="int8_float16")  # in place: some of these arrays are its to change
    folder.mkdir(exist_ok=True)
    spec.save(str(folder))
    dump("ct2/expected.json", expected)


def as_stored(name, v):
    """What int8_float16 keeps of v: matrices and convolutions int8 by row, the rest f16."""
    if v.ndim < 2 or "positional" in name:
        return v.astype(np.float16).astype(f32)
    rows = v.reshape(len(v), -1)
    scale = (f32(127) / np.abs(rows).max(1)).astype(f32)[:, None]
    return (np.rint(rows * scale).astype(np.int8).astype(f32) * (f32(1) / scale)).astype(f32).reshape(v.shape)


half()
ggml_blocks()
quantize()
checkpoints()
whisper_ct2()
