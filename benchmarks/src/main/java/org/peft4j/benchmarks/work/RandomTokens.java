package org.peft4j.benchmarks.work;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;

/** Random token ids, which are their own labels. A step's cost does not depend on the ids. */
public final class RandomTokens {
  private static final long SEED = 1;

  private RandomTokens() {}

  /** Rows of equal length. */
  public static TrainingData data(int vocabulary, int rows, int time) {
    Random random = new Random(SEED);
    List<TokenSequence> sequences =
        Stream.generate(() -> TokenSequence.of(random.ints(time, 0, vocabulary).toArray()))
            .limit(rows)
            .toList();
    return TrainingData.of(sequences, 0);
  }

  /**
   * Writes {@code input_ids} and {@code labels} [rows, time] to a safetensors file unless it
   * exists, so that every implementation works on the same batch.
   */
  public static void require(Path file, int vocabulary, int rows, int time) {
    if (Files.isRegularFile(file)) {
      return;
    }
    int count = rows * time;
    long[] ids = new Random(SEED).ints(count, 0, vocabulary).asLongStream().toArray();
    SafetensorsWriter.to(file)
        .tensor("input_ids", DType.I64, rows, time)
        .tensor("labels", DType.I64, rows, time)
        .write(
            sink -> {
              sink.writeLongs("input_ids", ids, 0, count);
              sink.writeLongs("labels", ids, 0, count);
            });
  }
}
