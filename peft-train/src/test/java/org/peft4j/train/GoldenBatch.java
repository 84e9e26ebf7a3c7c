package org.peft4j.train;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.forward.ForwardInputs;

/** The batch of a golden case of an encoder: any labels, and types of tokens if it has them. */
record GoldenBatch(ForwardInputs inputs) implements Batch {
  static GoldenBatch read(Path file, ModelArchitecture model) {
    return new GoldenBatch(ForwardInputs.read(file, model));
  }

  @Override
  public int tokens() {
    return inputs.attentionMask().orElseThrow().sumNumber().intValue();
  }

  INDArray labels() {
    return inputs.labels().orElseThrow();
  }

  INDArray[] features() {
    return inputs
        .types()
        .map(types -> new INDArray[] {inputs.inputIds(), types})
        .orElseGet(() -> new INDArray[] {inputs.inputIds()});
  }

  @Nullable INDArray[] masks() {
    INDArray mask = inputs.attentionMask().orElseThrow();
    return inputs.types().isPresent() ? new INDArray[] {mask, mask} : new INDArray[] {mask};
  }

  /** All rows at once, which is how the reference trains. */
  Examples<GoldenBatch> examples() {
    GoldenBatch all = this;
    return new Examples<>() {
      @Override
      public int size() {
        return (int) inputs.inputIds().size(0);
      }

      @Override
      public GoldenBatch batch(int... rows) {
        if (rows.length != size()) {
          throw new IllegalArgumentException(rows.length + " rows of " + size());
        }
        return all;
      }

      @Override
      public long checksum() {
        return 0;
      }
    };
  }
}
