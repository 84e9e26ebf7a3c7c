package org.peft4j.internal.files;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TiedCopy;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.internal.graft.Slot;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.FrozenWeight;

/**
 * The base model's token embeddings and output heads as Hugging Face PEFT saves them beside an
 * adapter with {@code save_embedding_layers=True}: {@code model.embed_tokens.weight} where nothing
 * is adapted there, {@code ….base_layer.weight} at targets, and then only at those. A saved copy is
 * in the file already.
 */
public final class EmbeddingLayers {
  private EmbeddingLayers() {}

  /**
   * Copies of their values by key, for the caller to close.
   *
   * @param root the prefix of the keys of saved modules
   * @param type the type of the copies
   */
  public static Map<String, INDArray> of(
      FrozenValues frozen, List<Slot> slots, String root, DataType type) {
    List<Site> sites = frozen.sites().stream().filter(SavedModules::ofVocabulary).toList();
    boolean targeted = sites.stream().anyMatch(site -> isTarget(at(slots, site)));
    Map<String, INDArray> copies = new LinkedHashMap<>();
    for (Site site : sites) {
      List<Adapter> adapters = at(slots, site);
      Optional<String> prefix =
          isTarget(adapters)
              ? Optional.of("base_layer.")
              : targeted || !adapters.isEmpty() ? Optional.empty() : Optional.of("");
      prefix.ifPresent(
          found ->
              site.parameters()
                  .forEach(
                      p ->
                          copies.put(
                              root + site.name() + "." + found + p.name(),
                              copy(frozen, site, p, type))));
    }
    return copies;
  }

  private static List<Adapter> at(List<Slot> slots, Site site) {
    return slots.stream()
        .map(Slot::adapter)
        .filter(adapter -> adapter.site().name().equals(site.name()))
        .toList();
  }

  private static boolean isTarget(List<Adapter> adapters) {
    return adapters.stream()
        .anyMatch(a -> !(a instanceof TrainableCopy) && !(a instanceof TiedCopy));
  }

  private static INDArray copy(
      FrozenValues frozen, Site site, SiteParameter parameter, DataType type) {
    FrozenWeight weight = frozen.parameter(site, parameter.name());
    INDArray copy = DetachedArrays.zeros(type, parameter.shapeArray());
    weight.read(copy);
    return copy;
  }
}
