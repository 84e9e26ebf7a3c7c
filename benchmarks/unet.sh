#!/bin/sh
# Times training steps of Stable Diffusion 1.5's UNet (random weights, LoRA on its attentions): PEFT4J, then diffusers with PEFT; builds first where that is needed.
#   PYTHON           the interpreter that has torch, diffusers, peft and safetensors (default: python3); it also makes the model, 3.4 GB
#   OMP_NUM_THREADS  threads (default: 2)
#   PEFT4J           options of PEFT4J's side alone, such as '--offload --keep 2307'
#   options          of both sides: --steps N, --side N, --rank N, --precision fp32|bf16, --checkpointing; --nf4 holds linear weights in 4 bits, and leaves diffusers out
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/setting.sh"

require_build
use_threads
PEFT_JAVA_OPTS="$PEFT_JAVA_OPTS --add-modules jdk.incubator.vector" # as the launcher starts it
python=${PYTHON:-python3}
model=$here/target/models/sd15
if [ ! -f "$model/unet/config.json" ]; then
  "$python" "$here/diffusers_unet.py" --model "$model" --make "$here/../peft-diffusion/src/test/resources/plan/sd15/unet/config.json" >&2
fi
echo "PEFT4J"
# Unquoted: several options.
# shellcheck disable=SC2086
(run org.peft4j.benchmarks.picture.UNetSteps --model "$model" ${PEFT4J:-} "$@")
case " $* " in *" --nf4 "*) exit ;; esac
echo "diffusers"
"$python" "$here/diffusers_unet.py" --model "$model" --threads "$OMP_NUM_THREADS" "$@"
