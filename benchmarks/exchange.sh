#!/bin/sh
# Measures what workers of a ring exchange in a step, and how long that takes on this machine. Options: see exchange.sh --help
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/setting.sh"

require_build
use_threads
run org.peft4j.benchmarks.exchange.Exchange "$@"
