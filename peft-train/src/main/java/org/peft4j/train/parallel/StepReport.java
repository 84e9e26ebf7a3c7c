package org.peft4j.train.parallel;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;
import org.peft4j.train.metrics.Mean;

/**
 * What workers tell each other of their parts of a step.
 *
 * @param loss the sum of the losses of all predictions
 * @param predictions how many there are; 0 for a worker whose part is empty
 * @param tokens of its batches
 * @param passes the training passes that have drawn random masks so far; of all, the most
 * @param means what the objective tells beside the loss
 */
public record StepReport(
    double loss, long predictions, long tokens, long passes, Map<String, Mean> means) {

  /** This of all workers together: the same on each, bit for bit. */
  public StepReport of(Workers workers) {
    List<byte[]> all = workers.gather(bytes());
    StepReport sum = new StepReport(0, 0, 0, 0, new LinkedHashMap<>());
    for (byte[] one : all) {
      sum = sum.and(read(one));
    }
    return sum;
  }

  private StepReport and(StepReport other) {
    Map<String, Mean> both = new LinkedHashMap<>(means);
    other.means.forEach((name, mean) -> both.merge(name, mean, Mean::and));
    return new StepReport(
        loss + other.loss,
        predictions + other.predictions,
        tokens + other.tokens,
        Math.max(passes, other.passes),
        both);
  }

  private byte[] bytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeDouble(loss);
      out.writeLong(predictions);
      out.writeLong(tokens);
      out.writeLong(passes);
      out.writeInt(means.size());
      for (Map.Entry<String, Mean> mean : means.entrySet()) {
        out.writeUTF(mean.getKey());
        out.writeDouble(mean.getValue().sum());
        out.writeLong(mean.getValue().count());
      }
    } catch (IOException e) {
      throw new IllegalStateException(e); // Memory does not fail so.
    }
    return bytes.toByteArray();
  }

  private static StepReport read(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      double loss = in.readDouble();
      long predictions = in.readLong();
      long tokens = in.readLong();
      long passes = in.readLong();
      Map<String, Mean> means = new LinkedHashMap<>();
      for (int i = in.readInt(); i > 0; i--) {
        String name = in.readUTF();
        means.put(name, new Mean(in.readDouble(), in.readLong()));
      }
      return new StepReport(loss, predictions, tokens, passes, means);
    } catch (IOException e) {
      throw new PeftException(
          "A worker's report of a step is broken. All workers must run the same version.", e);
    }
  }
}
