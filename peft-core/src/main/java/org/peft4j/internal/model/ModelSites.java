package org.peft4j.internal.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.deeplearning4j.nn.api.Model;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.original.OriginalVertex;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;

/** The sites of a model, with their frozen values. */
public final class ModelSites implements FrozenValues {
  private final List<Site> sites = new ArrayList<>();
  private final Map<String, OriginalPart> layers = new HashMap<>();
  private final Set<String> heads = new LinkedHashSet<>();
  private final Optional<String> modelType;
  private final boolean external;

  public ModelSites(Map<String, OriginalPart> originals) {
    originals
        .values()
        .forEach(
            layer ->
                layer
                    .sites()
                    .forEach(
                        site -> {
                          sites.add(site);
                          layers.put(site.name(), layer);
                          if (layer.outputHead()) {
                            heads.add(site.name());
                          }
                        }));
    modelType = originals.values().stream().flatMap(layer -> layer.modelType().stream()).findFirst();
    external = originals.values().stream().anyMatch(OriginalPart::external);
  }

  @Override
  public List<Site> sites() {
    return List.copyOf(sites);
  }

  public List<Site> all() {
    return sites();
  }

  Set<String> heads() {
    return heads;
  }

  Optional<String> modelType() {
    return modelType;
  }

  @Override
  public INDArray parameter(Site site, String parameter) {
    return layer(site).frozen(site, parameter);
  }

  @Override
  public INDArray weight(Site site) {
    return layer(site).weight(site);
  }

  private OriginalPart layer(Site site) {
    OriginalPart layer = layers.get(site.name());
    if (layer == null) {
      throw new IllegalArgumentException("No site " + site.name() + " in this model.");
    }
    return layer;
  }

  /** Whether a site belongs to a vertex without a layer. */
  boolean isOfVertex(Site site) {
    return layer(site) instanceof OriginalVertex;
  }

  /** Whether the layer of a site handles rows with different adapters at once. */
  boolean rowsApart(Site site) {
    return layer(site).rowsApart();
  }

  /** The number of the base model's elements; a tied array counts once. */
  public long baseCount(Model base) {
    return external ? sumOfDistinct(INDArray::length) : base.numParams();
  }

  /** Their size in bytes. {@code type} is that of the parameter vector. */
  long baseBytes(Model base, DataType type) {
    return external
        ? sumOfDistinct(array -> array.length() * array.dataType().width())
        : base.numParams() * type.width();
  }

  private long sumOfDistinct(ToLongFunction<INDArray> of) {
    Set<Long> seen = new HashSet<>();
    long sum = 0;
    for (Site site : sites) {
      for (SiteParameter parameter : site.parameters()) {
        INDArray array = parameter(site, parameter.name());
        if (seen.add(address(array))) {
          sum += of.applyAsLong(array);
        }
      }
    }
    return sum;
  }

  /** Other sites that share a frozen array with {@code site}. */
  @Override
  public List<Site> tiedTo(Site site) {
    Set<Long> own = new HashSet<>();
    site.parameters().forEach(p -> own.add(address(parameter(site, p.name()))));
    return sites.stream()
        .filter(other -> !other.name().equals(site.name()))
        .filter(
            other ->
                other.parameters().stream()
                    .anyMatch(p -> own.contains(address(parameter(other, p.name())))))
        .toList();
  }

  private static long address(INDArray array) {
    return array.data().address() + array.offset() * array.data().getElementSize();
  }
}
