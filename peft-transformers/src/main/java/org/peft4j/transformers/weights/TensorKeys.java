package org.peft4j.transformers.weights;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.weight.WeightView;

/**
 * The tensors that an architecture needs, by their keys in a checkpoint: site and parameter.
 *
 * @param prefix what some checkpoints leave out before the keys of the body
 * @param shapes every key that must be there
 * @param aliases keys of tied tensors, each with the key of the tensor that it shares
 * @param ignored keys that may be there without being used
 * @param inputsFirst keys of matrices that are stored as [in, out]
 */
public record TensorKeys(
    String prefix,
    Map<String, List<Long>> shapes,
    Map<String, String> aliases,
    Set<String> ignored,
    Set<String> inputsFirst) {
  private static final String LM_HEAD = "lm_head.weight";

  /** Constants that old checkpoints store: rotary frequencies, and GPT-2's causal mask. */
  private static final Pattern BUFFERS =
      Pattern.compile("(.*\\.)?(rotary_emb\\.inv_freq|h\\.\\d+\\.attn\\.(bias|masked_bias))");

  public TensorKeys {
    shapes = Map.copyOf(shapes);
    aliases = Map.copyOf(aliases);
    ignored = Set.copyOf(ignored);
    inputsFirst = Set.copyOf(inputsFirst);
  }

  /** The tensors of {@code sites}; a tied head shares the table of the token embedding. */
  public static TensorKeys of(
      ModelConfig config, Collection<Site> sites, String tokenTable, Set<String> inputsFirst) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    for (Site site : sites) {
      for (SiteParameter parameter : site.parameters()) {
        shapes.put(site.name() + "." + parameter.name(), parameter.shape());
      }
    }
    Map<String, String> aliases = Map.of();
    if (config.tiedHead()) {
      shapes.remove(LM_HEAD);
      aliases = Map.of(LM_HEAD, tokenTable);
    }
    return new TensorKeys(config.family().bodyPrefix() + ".", shapes, aliases, Set.of(), inputsFirst);
  }

  /**
   * The tensors of a body whose head will be another one than the checkpoint's.
   *
   * @param head the site of the new head, of which the checkpoint has nothing
   */
  public TensorKeys withoutHead(Site head) {
    Map<String, List<Long>> body = new TreeMap<>(shapes);
    head.parameters().forEach(p -> body.remove(head.name() + "." + p.name()));
    return new TensorKeys(prefix, body, aliases, Set.of(LM_HEAD), inputsFirst);
  }

  /** The key that a file's {@code name} means; empty if it is none of ours. */
  Optional<String> canonical(String name) {
    if (shapes.containsKey(name)) {
      return Optional.of(name);
    }
    return Optional.of(prefix + name).filter(shapes::containsKey);
  }

  /** How the tensor of that key is seen as a weight. */
  WeightView view(String key) {
    return inputsFirst.contains(key) ? WeightView.TRANSPOSED : WeightView.AS_STORED;
  }

  /** Whether a tensor of that name may be there without being used. */
  boolean harmless(String name) {
    return aliases.containsKey(name) || ignored.contains(name) || BUFFERS.matcher(name).matches();
  }
}
