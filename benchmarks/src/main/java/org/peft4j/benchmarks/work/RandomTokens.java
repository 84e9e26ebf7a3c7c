package org.peft4j.benchmarks.work;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.SafetensorsWriter;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;

/** Random token ids. A step's cost does not depend on them. */
public final class RandomTokens {
  private static final long SEED = 1;
  private static final int CLASSES = 2;

  private RandomTokens() {}

  /** Rows of equal length, their own labels. */
  public static TrainingData data(int vocabulary, int rows, int time) {
    Random random = new Random(SEED);
    List<TokenSequence> sequences =
        Stream.generate(() -> TokenSequence.of(random.ints(time, 0, vocabulary).toArray()))
            .limit(rows)
            .toList();
    return TrainingData.of(sequences, 0);
  }

  /**
   * Writes {@code input_ids} [rows, time] and {@code labels} to a safetensors file unless it
   * exists, so that every implementation works on the same batch. The labels are the ids, or of a
   * classifier of sequences its classes in turn [rows].
   */
  public static void require(Path file, ModelArchitecture model, int rows, int time) {
    if (Files.isRegularFile(file)) {
      return;
    }
    int count = rows * time;
    long[] ids = new Random(SEED).ints(count, 0, model.vocabularySize()).asLongStream().toArray();
    SafetensorsWriter writer =
        SafetensorsWriter.to(file).tensor("input_ids", DType.I64, rows, time);
    boolean classes = model.head() instanceof HeadPart.Sequence;
    long[] labels = classes ? LongStream.range(0, rows).map(row -> row % CLASSES).toArray() : ids;
    if (classes) {
      writer.tensor("labels", DType.I64, rows);
    } else {
      writer.tensor("labels", DType.I64, rows, time);
    }
    writer.write(
        sink -> {
          sink.writeLongs("input_ids", ids, 0, count);
          sink.writeLongs("labels", labels, 0, labels.length);
        });
  }
}
