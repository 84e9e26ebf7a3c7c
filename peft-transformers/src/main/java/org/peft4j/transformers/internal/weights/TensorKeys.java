package org.peft4j.transformers.internal.weights;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModulePart;
import org.peft4j.weight.WeightView;

/**
 * The tensors that an architecture needs, by their keys in a checkpoint: site and parameter.
 *
 * @param names the names in the checkpoint, whose body's prefix some checkpoints leave out
 * @param shapes the shape of every required key
 * @param aliases keys of tied tensors, each with the key of the tensor that it shares
 * @param ignored keys that may be present and are not used
 * @param inputsFirst keys of matrices stored as [in, out]
 * @param optional keys of {@code shapes} that may be absent
 * @param exact keys of constants that no precision rounds
 * @param leftOver modules, by the first segment of their names, that may be there and are not used
 */
public record TensorKeys(
    CheckpointNames names,
    Map<String, List<Long>> shapes,
    Map<String, String> aliases,
    Set<String> ignored,
    Set<String> inputsFirst,
    Set<String> optional,
    Set<String> exact,
    Set<String> leftOver) {
  public TensorKeys {
    shapes = Map.copyOf(shapes);
    aliases = Map.copyOf(aliases);
    ignored = Set.copyOf(ignored);
    inputsFirst = Set.copyOf(inputsFirst);
    optional = Set.copyOf(optional);
    exact = Set.copyOf(exact);
    leftOver = Set.copyOf(leftOver);
  }

  /** The tensors of a model; a tied head shares the table of token embeddings. */
  public static TensorKeys of(ModelArchitecture model) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    model.modules().forEach(module -> shapes.putAll(shapes(module)));
    Map<String, String> aliases = new TreeMap<>();
    for (ModulePart module : model.modules()) {
      if (module instanceof EmbeddingPart table && table.shared().isPresent()) {
        aliases.put(table.ownKey(), table.key());
      }
    }
    if (model.tiedHead().isPresent()) {
      Site head = model.tiedHead().get().site();
      String matrix = key(head, head.parameters().get(0));
      shapes.remove(matrix);
      aliases.put(matrix, model.body().tokenInput().tokens().key());
    }
    Set<String> optional = new TreeSet<>();
    for (ModulePart module : model.modules()) {
      if (module instanceof EmbeddingPart table && table.sinusoids()) {
        optional.add(table.key());
      }
    }
    Set<String> exact = new TreeSet<>();
    if (model.head() instanceof HeadPart.Language head && head.constants().isPresent()) {
      exact.add(head.constants().get());
      shapes.put(head.constants().get(), List.of(1L, (long) head.outputs()));
      optional.addAll(exact);
    }
    return new TensorKeys(
        model.names(),
        shapes,
        aliases,
        model.names().constants(),
        inputsFirst(model),
        optional,
        exact,
        HubNames.leftOver(model));
  }

  private static Set<String> inputsFirst(ModelArchitecture model) {
    return model.modules().stream()
        .filter(module -> module instanceof LinearPart linear && linear.inputsFirst())
        .map(module -> key(module.site(), module.site().parameters().get(0)))
        .collect(Collectors.toSet());
  }

  /** The view of that key's tensor as a weight. */
  public WeightView view(String key) {
    return inputsFirst.contains(key) ? WeightView.TRANSPOSED : WeightView.AS_STORED;
  }

  /** The key of a parameter. */
  public static String key(Site site, SiteParameter parameter) {
    return parameter.name().isEmpty() ? site.name() : site.name() + "." + parameter.name();
  }

  /** The key of a module's parameter; modules that share a table have the same. */
  public static String key(ModulePart module, SiteParameter parameter) {
    return module instanceof EmbeddingPart table ? table.key() : key(module.site(), parameter);
  }

  private static Map<String, List<Long>> shapes(ModulePart module) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    for (SiteParameter parameter : module.site().parameters()) {
      shapes.put(key(module, parameter), parameter.shape());
    }
    return shapes;
  }

  /**
   * The tensors of a body with a new head. The head's layers before its output are the checkpoint's
   * if it has them: BERT's pooler, the dense layer that ModernBERT was pretrained with.
   *
   * @param head the new head
   * @param stored the checkpoint's head, which is not used
   */
  public TensorKeys withNewHead(HeadPart head, HeadPart stored) {
    Map<String, List<Long>> needed = new TreeMap<>(shapes);
    Set<String> either = new TreeSet<>(optional);
    for (ModulePart module : head.modules()) {
      Set<String> keys = shapes(module).keySet();
      if (head instanceof HeadPart.Output output && module.equals(output.linear())) {
        needed.keySet().removeAll(keys);
      } else {
        either.addAll(keys);
      }
    }
    Set<String> unused = new TreeSet<>(ignored);
    stored.modules().forEach(module -> unused.addAll(shapes(module).keySet()));
    unused.removeAll(needed.keySet());
    return new TensorKeys(names, needed, aliases, unused, inputsFirst, either, exact, leftOver);
  }

  /** The key that a file's {@code name} means; empty if it is unknown. */
  public Optional<String> canonical(String name) {
    String own = names.own(HubNames.today(name));
    if (shapes.containsKey(own)) {
      return Optional.of(own);
    }
    return Stream.of(prefixed(own), names.own(prefixed(HubNames.today(name))))
        .filter(shapes::containsKey)
        .findFirst();
  }

  /** Whether a tensor of that name may be present and is not used. */
  boolean harmless(String name) {
    String own = names.own(name);
    return Stream.of(own, prefixed(own))
        .anyMatch(key -> aliases.containsKey(key) || ignored.contains(key));
  }

  /** Whether a tensor of that name is of a head that the model was pretrained with. */
  boolean ofPretraining(String name) {
    return leftOver.contains(name.split("\\.", 2)[0]);
  }

  /** A name with the prefix of the body, or without it where it has it. */
  private String prefixed(String name) {
    String prefix = names.bodyPrefix() + ".";
    return name.startsWith(prefix) ? name.substring(prefix.length()) : prefix + name;
  }
}
