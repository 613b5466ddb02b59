"""export_onnx.py FOLDER OUT: a Whisper model in Hugging Face's layout as the ONNX files transformers.js asks for.

Writes OUT/*.json and OUT/onnx/{encoder_model,decoder_model_merged}{,_fp16,_quantized,_q4}.onnx, by optimum's exporter and onnxruntime's
own quantisers. Nothing is fetched. See requirements.txt.
"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from onnxruntime.transformers.float16 import convert_float_to_float16
from onnxruntime.transformers.onnx_model import OnnxModel
from optimum.exporters.onnx import main_export
from optimum.onnx import merge_decoders

FLOAT, FLOAT16 = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16


def update_json(path: Path, **values):
    old = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(old | values, indent=2))


def write_settings(out: Path):
    """What transformers.js reads and a bare weights folder need not hold."""
    config = json.loads((out / "config.json").read_text())
    update_json(out / "config.json", **{"transformers.js_config": {"kv_cache_dtype": {"fp16": "float16"}}})
    update_json(out / "preprocessor_config.json", feature_extractor_type="WhisperFeatureExtractor", processor_class="WhisperProcessor",
                feature_size=config["num_mel_bins"], sampling_rate=16000, chunk_length=30, n_samples=480000, nb_max_frames=3000,
                n_fft=400, hop_length=160, padding_value=0.0)
    token_ids = {t["content"]: t["id"] for t in json.loads((out / "tokenizer.json").read_text())["added_tokens"]}
    generation = {"no_timestamps_token_id": token_ids["<|notimestamps|>"]}
    if config["vocab_size"] > 51864:
        languages = range(token_ids["<|startoftranscript|>"] + 1, token_ids["<|translate|>"])
        generation |= {"is_multilingual": True,
                       "lang_to_id": {text: i for text, i in token_ids.items() if i in languages},
                       "task_to_id": {task: token_ids[f"<|{task}|>"] for task in ("translate", "transcribe")}}
    update_json(out / "generation_config.json", **generation)


def to_half(path: Path, keep=True) -> onnx.ModelProto:
    """Weights and activations in fp16. `keep`: inputs and outputs that stay fp32, True for all."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    exported = {node.name for node in model.graph.node if node.op_type == "Cast"}
    half = convert_float_to_float16(model, keep_io_types=keep, disable_shape_infer=True)
    del half.graph.value_info[:]  # it still names the old types
    for node in half.graph.node:  # the converter leaves the graph's own casts to fp32 as they were
        for attribute in node.attribute if node.name in exported else []:
            if attribute.name == "to" and attribute.i == FLOAT:
                attribute.i = FLOAT16
    sorted_graph = OnnxModel(half)
    sorted_graph.topological_sort()
    return sorted_graph.model


def halve(work: Path, graphs: Path):
    """The merged decoder as a whole does not survive the conversion, so its two parts are converted and merged again."""
    onnx.save(to_half(graphs / "encoder_model.onnx"), graphs / "encoder_model_fp16.onnx")
    parts = []
    for name in ("decoder_model", "decoder_with_past_model"):
        parts.append(str(work / f"{name}_fp16.onnx"))
        onnx.save(to_half(work / f"{name}.onnx", keep=["encoder_hidden_states", "logits"]), parts[-1])
    merge_decoders(*parts, save_path=str(graphs / "decoder_model_merged_fp16.onnx"), strict=False)


def quantise(graphs: Path, name: str):
    source = graphs / f"{name}.onnx"
    # onnxruntime's integer convolution, which only the encoder has, takes unsigned weights.
    weight_type = QuantType.QUInt8 if name == "encoder_model" else QuantType.QInt8
    quantize_dynamic(source, graphs / f"{name}_quantized.onnx", weight_type=weight_type,
                     extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True})
    blocks = MatMulNBitsQuantizer(onnx.load(source), block_size=32, is_symmetric=True)
    blocks.process()
    blocks.model.save_model_to_file(str(graphs / f"{name}_q4.onnx"))


def main(folder: str, out: str):
    graphs = Path(out) / "onnx"
    graphs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        main_export(folder, output=work, task="automatic-speech-recognition-with-past", do_validation=False)
        for settings in work.glob("*.json"):
            shutil.copy(settings, out)
        write_settings(Path(out))
        for name in ("encoder_model", "decoder_model_merged"):
            shutil.copy(work / f"{name}.onnx", graphs)
            quantise(graphs, name)
        halve(work, graphs)


if __name__ == "__main__":
    main(*sys.argv[1:])
