package org.peft4j.adapter;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.FrozenWeight;

/**
 * A trainable copy of some of a site's own parameters. It replaces them while the adapter acts:
 * {@code modules_to_save} copies all of them, {@code bias} the biases. The originals do not change,
 * so disabling the adapter restores the base model exactly.
 *
 * @param site the site
 * @param copied the copied parameters
 * @param keyRoot the prefix of the site's path in an adapter file
 * @param keyPrefix the part of the key between the site's path and the parameter's name: empty, or
 *     {@code base_layer.} if another adapter wraps the module
 * @param frozen the frozen value of each parameter, for the first value of its copy
 * @param tied other sites whose weight is the site's and follows the copy
 */
public record TrainableCopy(
    Site site,
    List<SiteParameter> copied,
    String keyRoot,
    String keyPrefix,
    Function<SiteParameter, FrozenWeight> frozen,
    List<Site> tied)
    implements SharingAdapter {
  public TrainableCopy {
    copied = List.copyOf(copied);
    tied = List.copyOf(tied);
  }

  /** A copy that acts at its own site only. */
  public TrainableCopy(
      Site site,
      List<SiteParameter> copied,
      String keyRoot,
      String keyPrefix,
      Function<SiteParameter, FrozenWeight> frozen) {
    this(site, copied, keyRoot, keyPrefix, frozen, List.of());
  }

  /** A copy with the keys of most methods. */
  public TrainableCopy(
      Site site,
      List<SiteParameter> copied,
      String keyPrefix,
      Function<SiteParameter, FrozenWeight> frozen) {
    this(site, copied, KEY_ROOT, keyPrefix, frozen);
  }

  @Override
  public String key(ParameterSpec parameter) {
    return keyRoot + site.name() + "." + parameter.name();
  }

  @Override
  public List<ParameterSpec> parameters() {
    return copied.stream()
        .map(
            p ->
                new ParameterSpec(
                    keyPrefix + p.name(),
                    p.shape(),
                    (target, random) -> frozen.apply(p).read(target)))
        .toList();
  }

  @Override
  public Adapter at(Site other) {
    return new TiedCopy(other, this);
  }

  /** Hugging Face PEFT saves a tied copy once for each of its modules. */
  @Override
  public Map<String, INDArray> copies(Tensors tensors) {
    Map<String, INDArray> copies = new LinkedHashMap<>();
    tied.forEach(other -> copies.put(tiedKey(other), of(copied.get(0).name(), tensors)));
    return copies;
  }

  @Override
  public Map<String, List<Long>> copyShapes() {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    tied.forEach(other -> shapes.put(tiedKey(other), copied.get(0).shape()));
    return shapes;
  }

  private String tiedKey(Site other) {
    return keyRoot + other.name() + "." + other.parameters().get(0).name();
  }

  /**
   * Whether it copies biases only. Hugging Face PEFT trains biases in place, and counts them once.
   */
  public boolean biasesOnly() {
    return copied.stream().allMatch(SiteParameter::bias);
  }

  /** Whether it replaces {@code parameter}. */
  public boolean copies(String parameter) {
    return copied.stream().anyMatch(p -> p.name().equals(parameter));
  }

  /** The copy of {@code parameter} among {@code tensors}. */
  public INDArray of(String parameter, Tensors tensors) {
    return tensors.get(keyPrefix + parameter);
  }
}
