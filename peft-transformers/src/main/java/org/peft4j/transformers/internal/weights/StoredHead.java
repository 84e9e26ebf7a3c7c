package org.peft4j.transformers.internal.weights;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
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
    boolean shares = model.tables().stream().anyMatch(t -> t.shared().isPresent());
    if (!(model.head().tied() || shares) || !WeightFiles.present(path)) {
      return model;
    }
    try (TensorSource source = WeightFiles.open(path)) {
      String prefix = model.names().bodyPrefix() + ".";
      Optional<TensorInfo> table = table(source, model, prefix);
      ModelArchitecture stored =
          model.head() instanceof HeadPart.Language head
                  && head.tied()
                  && apart(source, stored(source, model, key(head.linear())), prefix, table)
              ? model.withHead(head.untied())
              : model;
      return stored.withTokens(
          tokens ->
              tokens.shared().isPresent() && apart(source, tokens.ownKey(), prefix, table)
                  ? tokens.alone()
                  : tokens);
    }
  }

  private static String key(LinearPart head) {
    return TensorKeys.key(head.site(), head.site().parameters().get(0));
  }

  private static String stored(TensorSource source, ModelArchitecture model, String own) {
    return source.tensors().containsKey(own) ? own : model.names().stored(own);
  }

  /** The table of token embeddings under its key; or that of the first stack that has its own. */
  private static Optional<TensorInfo> table(
      TensorSource source, ModelArchitecture model, String prefix) {
    String key = model.body().tokenInput().tokens().key();
    return find(source, key, prefix)
        .or(
            () ->
                model.tables().stream()
                    .flatMap(tokens -> find(source, tokens.ownKey(), prefix).stream())
                    .findFirst());
  }

  /** Whether the file has a tensor of that name with other values than the table. */
  private static boolean apart(
      TensorSource source, String own, String prefix, Optional<TensorInfo> table) {
    Optional<TensorInfo> first = find(source, own, prefix);
    return first.isPresent() && table.isPresent() && !same(source, first.get(), table.get());
  }

  /** The tensor of that name, with the body's prefix or without it. */
  private static Optional<TensorInfo> find(TensorSource source, String name, String prefix) {
    String bare = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
    TensorInfo whole = source.tensors().get(name);
    return Optional.ofNullable(whole != null ? whole : source.tensors().get(bare));
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
