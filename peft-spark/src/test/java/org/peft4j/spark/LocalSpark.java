package org.peft4j.spark;

import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/**
 * Spark in this process, with four slots. It starts once for all classes of tests in a row, and
 * ends with the process, or when a test needs a cluster of its own.
 */
final class LocalSpark {
  private static @Nullable SparkSession session;

  private LocalSpark() {}

  static synchronized SparkSession session() {
    SparkSession now = session == null ? start() : session;
    session = now;
    return now;
  }

  private static SparkSession start() {
    return SparkSession.builder()
        .master("local[4]")
        .appName("test")
        .config("spark.ui.enabled", false)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", 2)
        .config("spark.executor.heartbeatInterval", "200ms")
        // A few rows are not worth a compiler.
        .config("spark.sql.codegen.wholeStage", false)
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .getOrCreate();
  }

  /** Makes room for another one. */
  static synchronized void stop() {
    if (session != null) {
      session.stop();
      session = null;
    }
  }
}
