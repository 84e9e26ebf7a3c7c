#!/bin/sh
# Times a training step of GPT-2 124M by each method (configs/methods) in one process, in turns; builds first where that is needed.
# Options: see in-turn.sh --help
#   OMP_NUM_THREADS  threads (default: 2)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/setting.sh"

require_build
use_threads
model=$here/target/models/gpt2-124m
if [ ! -f "$model/config.json" ]; then
  "$here/../peft" init --config "$here/configs/gpt2-124m.json" --output "$model" --seed 1 >&2
fi
run org.peft4j.benchmarks.turns.InTurn --model "$model" --configs "$here/configs/methods" "$@"
