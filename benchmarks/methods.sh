#!/bin/sh
# Times a training step of GPT-2 124M by each method (configs/methods), beside LoRA and beside Hugging Face PEFT; builds first where needed.
#   PYTHON   the interpreter that has torch, transformers, peft and safetensors (default: python3); skipped where it has not
#   ROUNDS   processes of each side for a method (default: 2)
#   ONLY     names of methods (default: all in configs/methods)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/setting.sh"

require_build
use_threads
model=$here/target/models/gpt2-124m
if [ ! -f "$model/config.json" ]; then
  "$here/../peft" init --config "$here/configs/gpt2-124m.json" --output "$model" --seed 1 >&2
fi
python=${PYTHON:-python3}
results=$here/target/methods.txt
: >"$results"
rounds=${ROUNDS:-2}
work="--model $model --data $here/target/models/tokens-methods-4x128.safetensors --batch 4 --length 128 --steps ${STEPS:-4} --warmup 2"

# Keeps of a line of JSON: side, method, fastest step, peak in MB.
note() {
  awk -v side="$1" -v method="$2" '{
      if (!match($0, /"step_seconds" *: *\[[^]]*\]/)) next; list = substr($0, RSTART, RLENGTH); sub(/^[^[]*\[/, "", list); sub(/\]$/, "", list)
      count = split(list, each, ","); best = each[1] + 0
      for (i = 2; i <= count; i++) if (each[i] + 0 < best) best = each[i] + 0
      match($0, /"peak_rss_bytes" *: *[0-9]+/); peak = substr($0, RSTART, RLENGTH); sub(/.*: */, "", peak)
      printf "%s %s %.4f %.0f\n", side, method, best, peak / 1e6 }' >>"$results"
}

round=0
while [ "$round" -lt "$rounds" ]; do
  for config in "$here"/configs/methods/*.json; do
    method=$(basename "$config" .json)
    case " ${ONLY:-$method} " in *" $method "*) ;; *) continue ;; esac
    # Unquoted: several options.
    # shellcheck disable=SC2086
    (run org.peft4j.benchmarks.work.Measure $work --config "$config") 2>>"$here/target/methods.log" | note PEFT4J "$method"
    # shellcheck disable=SC2086
    "$python" "$here/hugging_face.py" $work --config "$config" 2>>"$here/target/methods.log" | note HF "$method" || true
  done
  round=$((round + 1))
done

awk '
  { key = $1 " " $2; if (!(key in best) || $3 < best[key]) best[key] = $3; if ($4 > peak[key]) peak[key] = $4; names[$2] }
  function ratio(a, b) { return b > 0 ? sprintf("%.2f", a / b) : "–" }
  END {
    print "| method | PEFT4J s/step | of LoRA | peak MB | of LoRA | Hugging Face PEFT s/step | ratio | peak MB | ratio |"
    print "|---|---|---|---|---|---|---|---|---|"
    for (m in names) {
      p = "PEFT4J " m; h = "HF " m; l = "PEFT4J lora"
      printf "| %s | %.2f | %s | %d | %s | %s | %s | %s | %s |\n", m, best[p], ratio(best[p], best[l]), peak[p], ratio(peak[p], peak[l]),
        (h in best ? sprintf("%.2f", best[h]) : "–"), ratio(best[p], best[h]), (h in peak ? peak[h] : "–"), ratio(peak[p], peak[h])
    }
  }' "$results" | { read -r head; read -r rule; echo "$head"; echo "$rule"; sort; }
