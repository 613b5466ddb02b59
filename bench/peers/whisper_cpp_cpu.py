"""The process that measures whisper.cpp on its own CPU kernels, in the AVX2 build of pywhispercpp: no GPU, a mark beside the others.

Takes a job of the speed suite and answers as bench/process/answer.ts and bench/speed/job.ts say."""

import json
import os
import re
import sys
import tempfile
import time
from importlib.metadata import version

import _pywhispercpp
import numpy
from pywhispercpp.model import Model

ANSWER = "bench-answer "
SETTINGS = dict(language="en", no_timestamps=True, temperature=0.0, temperature_inc=0.0, greedy={"best_of": 1}, n_max_text_ctx=0)


def timed(work):
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def stages(model, log):
    """What whisper.cpp prints to its log of the calls since the last reset. Its encoder's time has the cross keys and values in it."""
    begin = os.lseek(log, 0, os.SEEK_END)
    model.print_timings()
    text = os.pread(log, 1 << 16, begin).decode()
    of = lambda stage: re.search(stage + r" time = *([\d.]+) ms / *(\d+) runs", text)
    encode, decode = of("encode"), of("decode")
    return dict(encode=float(encode[1]) / 1000, decode=float(decode[1]) / 1000, tokens=int(decode[2]))


def main():
    job = json.loads(sys.argv[1])
    clip = numpy.fromfile(job["clip"], dtype="<f4")
    console = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)  # whisper.cpp's log is standard error
        threads = len(os.sched_getaffinity(0))
        model, load = timed(lambda: Model(job["path"], n_threads=threads, print_progress=False, print_realtime=False))
        calls = []
        for _ in range(1 + job["repeats"]):
            _pywhispercpp.whisper_reset_timings(model._ctx)
            segments, seconds = timed(lambda: model.transcribe(clip, **SETTINGS))
            calls.append(dict(seconds=seconds, stages=stages(model, file.fileno())))
        os.dup2(console, 2)
    text = "".join(segment.text for segment in segments)
    sample = dict(version="pywhispercpp " + version("pywhispercpp"), text=text, load=load, first=calls[0]["seconds"], calls=calls[1:])
    print("\n" + ANSWER + json.dumps(sample), flush=True)


main()
