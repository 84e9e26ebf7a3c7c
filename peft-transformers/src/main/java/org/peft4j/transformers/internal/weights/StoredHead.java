package org.peft4j.transformers.internal.weights;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.ModelArchitecture;

/**
 * The head of a checkpoint whose {@code config.json} says that it is the table of token embeddings.
 * Where the file has a head of its own with other values, the config is wrong and the head counts,
 * as in Hugging Face transformers 5. A copy of the table, bit for bit, counts as tied.
 */
public final class StoredHead {
  private static final int CHUNK = 1 << 24;

  private StoredHead() {}

  /**
   * The model as its weights have it.
   *
   * @param path a checkpoint folder; anything else leaves the model as it is
   */
  public static ModelArchitecture of(Path path, ModelArchitecture model) {
    boolean tied = model.head() instanceof HeadPart.Language language && language.tied();
    if (!tied || !WeightFiles.present(path)) {
      return model;
    }
    HeadPart.Language head = (HeadPart.Language) model.head();
    String own = TensorKeys.key(head.linear().site(), head.linear().site().parameters().get(0));
    String table = model.body().input().tokens().key();
    try (TensorSource source = WeightFiles.open(path)) {
      Optional<TensorInfo> first = find(source, own);
      Optional<TensorInfo> second =
          find(source, table)
              .or(() -> find(source, table.substring(model.names().bodyPrefix().length() + 1)));
      boolean apart =
          first.isPresent() && second.isPresent() && !same(source, first.get(), second.get());
      return apart ? model.withHead(head.untied()) : model;
    }
  }

  private static Optional<TensorInfo> find(TensorSource source, String name) {
    return Optional.ofNullable(source.tensors().get(name));
  }

  private static boolean same(TensorSource source, TensorInfo first, TensorInfo second) {
    if (first.dtype() != second.dtype() || !first.shape().equals(second.shape())) {
      return false;
    }
    for (long from = 0; from < first.byteCount(); from += CHUNK) {
      int count = (int) Math.min(CHUNK, first.byteCount() - from);
      if (!source
          .slice(first.name(), from, count)
          .equals(source.slice(second.name(), from, count))) {
        return false;
      }
    }
    return true;
  }
}
