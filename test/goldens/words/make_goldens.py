"""Make the files of this folder by running openai/whisper's own lines on scripted alignments (Python 3.11, numpy 2.4, numba 0.68).

usage: make_goldens.py WHISPER OUT     WHISPER is the folder `whisper` of openai-whisper 20250625's source

  alignment_heads.json   the masks of __init__.py as [layer, head]
  dtw.json               paths of timing.py dtw_cpu through random costs, whole numbers among them for ties
  word_timestamps.json   segments before and after timing.py add_word_timestamps, find_alignment replaced by a script
  hallucination.json     segments with words, and what transcribe.py does from `if word_timestamps` on: seek, segments, drop
Neither torch nor a model is needed: the lines that run are Python and numpy. Tokens are 0..99, eot is 100; none has a meaning.
"""
import base64, copy, gzip, importlib.util, json, random, re, sys, textwrap, types
from pathlib import Path
from unittest.mock import MagicMock
import numpy as np

WHISPER, OUT = Path(sys.argv[1]), Path(sys.argv[2])
rng = random.Random(20250625)
EOT = 100
PREPEND, APPEND = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"


def plain(value):
    return value.item() if isinstance(value, np.generic) else value


def dump(name, cases):
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, default=plain) for case in cases)
    (OUT / name).write_text(f"[\n{lines}\n]\n")


def load_timing():
    """timing.py with what it takes from torch left empty."""
    for name in ["torch", "torch.nn", "torch.nn.functional"]:
        sys.modules[name] = MagicMock()
    package = types.ModuleType("whisper")
    package.__path__ = []
    sys.modules["whisper"] = package
    sys.modules["whisper.audio"] = types.SimpleNamespace(HOP_LENGTH=160, SAMPLE_RATE=16000, TOKENS_PER_SECOND=50)
    sys.modules["whisper.tokenizer"] = types.SimpleNamespace(Tokenizer=object)
    spec = importlib.util.spec_from_file_location("whisper.timing", WHISPER / "timing.py")
    timing = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(timing)
    return timing


timing = load_timing()


def alignment_heads():
    source = (WHISPER / "__init__.py").read_text()
    table = {}
    exec(re.search(r"_ALIGNMENT_HEADS = \{.*?\n\}", source, re.S)[0], table)
    heads = {"tiny": 6, "base": 8, "small": 12, "medium": 16, "large": 20, "turbo": 20}
    for name, packed in table["_ALIGNMENT_HEADS"].items():
        mask = np.frombuffer(gzip.decompress(base64.b85decode(packed)), dtype=bool)
        yield {"name": name, "heads": np.argwhere(mask.reshape(-1, heads[re.split("[.-]", name)[0]])).tolist()}


def dtw_paths():
    """NaN, which a frame becomes that all tokens look at alike, is null."""
    shapes = [(1, 1, 1), (1, 6, 0), (6, 1, 0), (8, 5, 1), (5, 30, 1), (12, 12, 1), (7, 40, 0), (20, 9, 1), (3, 0, 0)]
    for rows, columns, whole in shapes:
        x = [float(rng.randint(0, 2)) if whole else round(rng.gauss(0, 1), 3) for _ in range(rows * columns)]
        yield dtw_path(rows, columns, x)
    yield dtw_path(30, 60, [round(rng.gauss(1e5, 1), 1) for _ in range(1800)])  # sums that f32 rounds
    yield dtw_path(4, 1, [None] * 4)
    yield dtw_path(3, 5, [None if i % 5 == 2 else round(rng.gauss(0, 1), 3) for i in range(15)])


def dtw_path(rows, columns, x):
    matrix = np.array([np.nan if v is None else v for v in x], dtype=np.float64).reshape(rows, columns)
    text, time = timing.dtw_cpu(matrix).tolist()
    return {"rows": rows, "columns": columns, "x": x, "text_indices": text, "time_indices": time}


# Word timestamps.

WORDS = [" a", " word", "ing", " so", "你", " x y", " "]
MARKS = [".", "!", "?", "。", ",", "”", ")", "...", " “", " (", " -", " ¿", "-", '"', ").", "?!"]


def scripted_alignment():
    """Words of 1 to 3 tokens, some far too long, in steps of 0.02 s as DTW gives them; from before 0 for its guards."""
    at, alignment = rng.choice([0, 0, 20, 90, -1, -70]), []
    for i in range(rng.randint(0, 9)):
        word = rng.choice(MARKS) if rng.random() < 0.35 else rng.choice(WORDS)
        long = rng.random() < 0.25
        end = at + (rng.randint(60, 400) if long else rng.choice([0, 3, 8, 12, 15, 22, 30]))
        tokens = [rng.randrange(EOT) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        alignment.append((word, tokens, at / 50, end / 50, round(rng.random(), 4)))
        at = end
    return alignment


def scripted_segments(alignment):
    """Cuts the words' tokens into segments, sometimes inside a word, with timestamps around them and times more or less near."""
    seek = rng.choice([0, 0, 137, 3000, 123456])
    segments, tokens, left = [], [t for word in alignment for t in word[1]], rng.randint(1, 3)
    time = lambda i: alignment[min(i, len(alignment) - 1)][2] if alignment else 0.0
    done = 0
    while left:
        take = len(tokens) if left == 1 else rng.randint(0, len(tokens))
        own, tokens = tokens[:take], tokens[take:]
        start = seek / 100 + max(0, round(time(done) + rng.choice([0, -0.4, 0.3, 0.8, 2.5]), 2))
        done += take // 2
        last = alignment[-1][3] if alignment else 1.0
        end = max(start, seek / 100 + round(last + rng.choice([0, -3, -0.7, 0.2, 1]), 2))
        segments.append({"seek": seek, "start": start, "end": end, "tokens": [EOT + 7, *own, EOT + 30]})
        left -= 1
    return segments


def word_timestamps():
    for _ in range(140):
        alignment = scripted_alignment()
        segments = scripted_segments(alignment)
        last = rng.choice([0.0, 0.0, segments[0]["seek"] / 100, max(0.0, segments[0]["seek"] / 100 - 5)])
        case = {"alignment": alignment, "last_speech_timestamp": last, "segments": copy.deepcopy(segments)}
        script = [timing.WordTiming(w, t, np.float64(a), np.float64(b), p) for w, t, a, b, p in alignment]
        timing.find_alignment = lambda *_, **__: script
        timing.add_word_timestamps(
            segments=segments, model=None, tokenizer=types.SimpleNamespace(eot=EOT), mel=None, num_frames=3000,
            prepend_punctuations=PREPEND, append_punctuations=APPEND, last_speech_timestamp=last,
        )
        words = [[list(w.values()) for w in s["words"]] for s in segments]
        yield {**case, "after": [[s["start"], s["end"], w] for s, w in zip(segments, words)]}


# The window after its words.

def window_function():
    """transcribe.py from the anomaly score to the last speech timestamp, less its slicing of tokens, as a function."""
    source = (WHISPER / "transcribe.py").read_text()
    between = lambda text, first, after: text[text.index(first):text.index(after)]
    rules = between(source, "            # anomalous words are very", "            timestamp_tokens: torch.Tensor")
    body = between(source, "            if word_timestamps:\n", "            if verbose:\n                for segment in current")
    end = between((WHISPER / "utils.py").read_text(), "def get_end", "class ResultWriter")
    names = (
        "seek, previous_seek, time_offset, window_end_time, segment_size, segment_duration, content_frames, "
        "content_duration, single_timestamp_ending, current_segments, last_speech_timestamp, hallucination_silence_threshold"
    )
    code = f"""
{end}
FRAMES_PER_SECOND = 100
word_timestamps = True
model = tokenizer = mel_segment = prepend_punctuations = append_punctuations = None
punctuation = {re.search(r'punctuation = (".*")', source)[1]}
add_word_timestamps = lambda **_: None
def window({names}):
    for dropped in (True,):
{textwrap.indent(textwrap.dedent(rules + body), ' ' * 8)}
        dropped = False
    return seek, current_segments, dropped, last_speech_timestamp
"""
    scope = {"Optional": __import__("typing").Optional, "List": list}
    exec(code.replace("List[dict]", "list"), scope)
    return scope["window"]


def scripted_words(at, anomalous):
    words = []
    for i in range(rng.randint(0, 3) if not anomalous else rng.randint(1, 4)):
        duration = rng.choice([0.0, 0.02, 0.06, 3.1, 4.5]) if anomalous else rng.choice([0.16, 0.24, 0.3, 0.5])
        probability = rng.choice([0.02, 0.1, 0.4]) if anomalous else rng.choice([0.14, 0.5, 0.9, 0.99])
        word = rng.choice([",", "...", "”"]) if rng.random() < 0.15 else rng.choice([" a", " word", "ly,"])
        words.append({"word": word, "start": round(at, 2), "end": round(at + duration, 2), "probability": probability})
        at += duration
    return words


def hallucination():
    window = window_function()
    for i in range(160):
        seek = rng.choice([0, 0, 250, 2181, 7000])
        size = rng.choice([3000, 3000, 1234, 801])
        content = seek + size if size < 3000 else seek + rng.choice([3000, 3100, 9000])
        at, segments = seek / 100 + rng.choice([0, 0.4, 1.5, 3.2]), []
        for _ in range(rng.randint(0, 4)):
            words = scripted_words(at, rng.random() < 0.5)
            start, end = (words[0]["start"], words[-1]["end"]) if words else (round(at, 2), round(at + 0.6, 2))
            segments.append({"start": start, "end": end, "words": words})
            at = end + rng.choice([0, 0.1, 0.7, 2.2, 5, 9])
        threshold = None if i % 8 == 0 else rng.choice([0.3, 1.0, 2.0, 2.0, 4.0])
        last = rng.choice([0.0, seek / 100, max(0.0, seek / 100 - 3)])
        single, advance = rng.random() < 0.4, rng.choice([size, 400, 790])
        case = {
            "seek": seek, "frames": size, "content_frames": content, "advance": size if single else advance,
            "single_timestamp_ending": single, "threshold": threshold, "last_speech_timestamp": last,
            "segments": copy.deepcopy(segments),
        }
        after, kept, dropped, speech = window(
            seek + case["advance"], seek, seek / 100, (seek + 3000) / 100, size, size / 100, content, content / 100,
            single, segments, last, threshold,
        )
        kept = 0 if dropped else len(kept)
        yield {**case, "after": {"seek": after, "kept": kept, "drop": dropped, "last_speech_timestamp": speech}}


dump("alignment_heads.json", alignment_heads())
dump("dtw.json", dtw_paths())
dump("word_timestamps.json", word_timestamps())
dump("hallucination.json", hallucination())
