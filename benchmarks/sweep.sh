#!/bin/sh
# Measures what a training step costs as the work grows; builds first where that is needed. Options: see sweep.sh --help
#   OMP_NUM_THREADS  threads (default: 2)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/setting.sh"

require_build
use_threads
run org.peft4j.benchmarks.sweep.Sweep --config "$here/configs/gpt2-124m.json" --models "$here/target/models" "$@"
