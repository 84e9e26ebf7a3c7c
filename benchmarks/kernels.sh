#!/bin/sh
# Times single kernels with JMH; builds first where that is needed. Options: see kernels.sh --help
#   OMP_NUM_THREADS  threads (default: 2)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/setting.sh"

require_build
use_threads
run org.peft4j.benchmarks.kernels.KernelReport "$@"
