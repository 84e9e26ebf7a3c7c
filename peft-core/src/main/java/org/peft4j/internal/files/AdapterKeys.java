package org.peft4j.internal.files;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.config.PeftConfig;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

/** The keys of the tensors in an adapter file: {@code base_model.model.a.b.lora_A.weight}. */
public final class AdapterKeys {
  /** Hugging Face PEFT's name for a module that is wrapped, whose own tensors may be there too. */
  static final String BASE_LAYER = "base_layer";

  /** The rows of embeddings that train beside any method, and where Python keeps them. */
  private static final List<String> OF_ANY_METHOD =
      List.of(BASE_LAYER, "token_adapter", "trainable_tokens_delta");

  private final String root;
  private final List<String> prefixes;

  private AdapterKeys(String root, List<String> prefixes) {
    this.root = root;
    this.prefixes = prefixes;
  }

  /** Those of an adapter. */
  public static AdapterKeys of(PeftConfig config) {
    PeftMethod<?> method = Methods.of(config);
    List<String> prefixes = new ArrayList<>(method.tensorPrefixes());
    prefixes.addAll(OF_ANY_METHOD);
    return new AdapterKeys(method.savedModulesRoot(), prefixes);
  }

  /** The path of the module that a tensor belongs to; empty if it is of the adapter as a whole. */
  public Optional<String> module(String key) {
    if (!key.startsWith(root)) {
      return Optional.empty();
    }
    String path = key.substring(root.length());
    for (int dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
      int rest = dot + 1;
      if (prefixes.stream().anyMatch(prefix -> path.startsWith(prefix, rest))) {
        return Optional.of(path.substring(0, dot));
      }
    }
    return Optional.of(path.replaceFirst("\\.(weight|bias)$", ""));
  }
}
