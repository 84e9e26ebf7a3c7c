package org.peft4j.adapter;

import java.util.List;
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
 */
public record TrainableCopy(
    Site site,
    List<SiteParameter> copied,
    String keyRoot,
    String keyPrefix,
    Function<SiteParameter, FrozenWeight> frozen)
    implements Adapter {
  public TrainableCopy {
    copied = List.copyOf(copied);
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
