package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.util.Optional;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSink;
import org.peft4j.safetensors.TensorSource;

/**
 * A tensor with another number of rows: the first ones byte by byte, then new ones.
 *
 * @param source where the tensor is
 * @param tensor the tensor
 * @param kept the number of rows that stay
 * @param wanted the number of rows to write
 * @param given a tensor of {@code wanted} rows with the new ones; without one they are the mean of
 *     all old rows
 */
record TokenRows(
    TensorSource source, TensorInfo tensor, long kept, long wanted, Optional<Given> given)
    implements CheckpointTensor.Values {
  private static final int CHUNK = 1 << 24;

  /** A tensor in a file. */
  record Given(TensorSource source, TensorInfo tensor) {}

  /** A tensor as it is. */
  static CheckpointTensor.Values allOf(TensorSource source, TensorInfo tensor) {
    return (sink, name) -> copy(source, tensor, tensor.byteCount(), sink, name);
  }

  @Override
  public void writeTo(TensorSink sink, String name) throws IOException {
    long width = tensor.elementCount() / tensor.shape().get(0);
    copy(source, tensor, kept * width * tensor.dtype().bytes(), sink, name);
    int count = Math.toIntExact(width);
    float[] row = given.isPresent() || kept == wanted ? new float[count] : mean(count);
    for (long i = kept; i < wanted; i++) {
      if (given.isPresent()) {
        Given rows = given.get();
        rows.source().readFloats(rows.tensor().name(), i * width, row, 0, count);
      }
      sink.writeFloats(name, row, 0, count);
    }
  }

  private static void copy(
      TensorSource source, TensorInfo tensor, long bytes, TensorSink sink, String name)
      throws IOException {
    for (long from = 0; from < bytes; from += CHUNK) {
      sink.writeBytes(name, source.slice(tensor.name(), from, (int) Math.min(CHUNK, bytes - from)));
    }
  }

  private float[] mean(int width) {
    double[] sums = new double[width];
    float[] row = new float[width];
    long rows = tensor.shape().get(0);
    for (long i = 0; i < rows; i++) {
      source.readFloats(tensor.name(), i * width, row, 0, width);
      for (int j = 0; j < width; j++) {
        sums[j] += row[j];
      }
    }
    for (int j = 0; j < width; j++) {
      row[j] = (float) (sums[j] / rows);
    }
    return row;
  }
}
