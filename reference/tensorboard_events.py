"""Reads a run's TensorBoard events with TensorBoard's own reader, and compares them with its metrics.jsonl:
python tensorboard_events.py RUN, where RUN is the output of peft train --tensorboard; needs tensorboard."""

import json
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run = Path(sys.argv[1])
events = EventAccumulator(str(run / "tensorboard"), size_guidance={"scalars": 0})
events.Reload()
found = {tag: {e.step: e.value for e in events.Scalars(tag)} for tag in events.Tags()["scalars"]}

lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
expected: dict[str, dict[int, float]] = {}
for line in lines:
    step = line.pop("step")
    for name, value in line.items():
        if name in ("step_seconds", "memory_bytes", "eval_predictions"):
            continue
        tag = "eval/" + name[5:] if name.startswith("eval_") else "train/" + name
        expected.setdefault(tag, {})[step] = struct.unpack("f", struct.pack("f", value))[0]

for tag in sorted(expected.keys() | found.keys()):
    same = expected.get(tag) == found.get(tag)
    print(f"{tag}: {len(found.get(tag, {}))} values, {'as in metrics.jsonl' if same else 'NOT as in metrics.jsonl'}")
    if not same:
        sys.exit(1)
