# What the scripts here share: the build and the JVM. Sourced; $here is the folder of the scripts.

# Builds the benchmarks and the command line where that was not done since a source changed.
require_build() {
  built=$here/target/built
  if [ ! -f "$built" ] || [ -n "$(find "$here/.." -path '*/src/main/*' -newer "$built" -type f | head -n 1)" ]; then
    (cd "$here/.." && mvn -q -B -ntp -DskipTests package -pl benchmarks,peft-cli -am) >&2
    touch "$built"
  fi
}

# Runs a program of the benchmarks with the options and the allocator's threshold of the launcher peft.
run() {
  export MALLOC_MMAP_THRESHOLD_="${MALLOC_MMAP_THRESHOLD_:-4194304}"
  java=java
  if [ -n "${JAVA_HOME:-}" ]; then java=$JAVA_HOME/bin/java; fi
  # Unquoted: several options.
  # shellcheck disable=SC2086
  exec "$java" -XX:MaxRAMPercentage=50 -XX:+UseSerialGC -Xms64m -XX:NewSize=32m -XX:MaxNewSize=32m -Dorg.bytedeco.javacpp.maxbytes=0 -Dorg.bytedeco.javacpp.maxphysicalbytes=0 \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Dorg.bytedeco.javacpp.logger=slf4j -Dorg.slf4j.simpleLogger.log.org.bytedeco=error -Dstdout.encoding=UTF-8 -Dfile.encoding=UTF-8 ${PEFT_JAVA_OPTS:-} \
    -cp "$here/target/classes:$(cat "$here/target/class-path.txt")" "$@"
}

# Sets the threads of native libraries, which must be known before they start. Waiting threads sleep, as under the launcher peft.
use_threads() {
  export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-PASSIVE}" OPT_OUT_TRACKING=true
  export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-$OMP_NUM_THREADS}"
  PEFT_JAVA_OPTS="-XX:ActiveProcessorCount=$OMP_NUM_THREADS ${PEFT_JAVA_OPTS:-}"
}
