#!/bin/sh
# Compares PEFT4J with Hugging Face PEFT on the same work: builds, makes the models and measures.
#   PYTHON   the interpreter that has torch, transformers, peft and safetensors (default: python3)
#   options  see compare.sh --help
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/setting.sh"

require_build
case " $* " in
  *" --help "* | *" -h "*) models= ;;
  *"--only gpt2 "* | *"--only=gpt2 "*) models=gpt2-124m ;;
  *"--only tinyllama "* | *"--only=tinyllama "*) models=tinyllama-1.1b ;;
  *"--only bert "* | *"--only=bert "*) models=bert-base ;;
  *) models='gpt2-124m tinyllama-1.1b bert-base' ;;
esac
for model in $models; do
  if [ ! -f "$here/target/models/$model/config.json" ]; then
    "$here/../peft" init --config "$here/configs/$model.json" --output "$here/target/models/$model" --seed 1 >&2
  fi
done
run org.peft4j.benchmarks.compare.Compare --models "$here/target/models" --script "$here/hugging_face.py" "$@"
