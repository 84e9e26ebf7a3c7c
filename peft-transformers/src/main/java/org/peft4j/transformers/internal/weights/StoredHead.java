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
 * as in Hugging Face transformers 5. A copy of the table, bit for bit, counts as tied. The same
 * holds for the embeddings of an encoder and a decoder that share a table.
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
    boolean shares = model.stacks().stream().anyMatch(s -> s.input().tokens().shared().isPresent());
    if (!(model.head().tied() || shares) || !WeightFiles.present(path)) {
      return model;
    }
    HeadPart head = model.head();
    String own = TensorKeys.key(head.linear().site(), head.linear().site().parameters().get(0));
    try (TensorSource source = WeightFiles.open(path)) {
      ModelArchitecture stored =
          head.tied() && apart(source, model, own, model.body().input().tokens().key())
              ? model.withHead(head.untied())
              : model;
      return stored.withTokens(
          table -> apart(source, model, table.ownKey(), table.key()) ? table.alone() : table);
    }
  }

  /** Whether the file has tensors of both names, with other values. */
  private static boolean apart(
      TensorSource source, ModelArchitecture model, String own, String table) {
    String prefix = model.names().bodyPrefix() + ".";
    Optional<TensorInfo> first = find(source, own);
    Optional<TensorInfo> second =
        find(source, table)
            .or(
                () ->
                    table.startsWith(prefix)
                        ? find(source, table.substring(prefix.length()))
                        : Optional.empty());
    return first.isPresent() && second.isPresent() && !same(source, first.get(), second.get());
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
