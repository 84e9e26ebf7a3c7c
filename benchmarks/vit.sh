#!/bin/sh
# Times training steps of a ViT of base size (random weights, LoRA on queries and values): PEFT4J, then transformers with PEFT; builds first where that is needed.
#   PYTHON           the interpreter that has torch, transformers, peft and safetensors (default: python3)
#   OMP_NUM_THREADS  threads (default: 2)
#   options          of both sides: --steps N, --batch N, --rank N, --precision fp32|bf16, --checkpointing
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/setting.sh"

require_build
use_threads
model=$here/target/models/vit-base-16
if [ ! -f "$model/config.json" ]; then
  "$here/../peft" init --config "$here/configs/vit-base-16.json" --output "$model" --seed 1 >&2
fi
echo "PEFT4J"
(run org.peft4j.benchmarks.picture.ViTSteps --model "$model" "$@")
echo "transformers"
"${PYTHON:-python3}" "$here/transformers_vit.py" --model "$model" --threads "$OMP_NUM_THREADS" "$@"
