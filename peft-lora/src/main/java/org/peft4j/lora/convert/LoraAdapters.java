package org.peft4j.lora.convert;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.common.Ranks;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.lora.internal.lowrank.PlainConfig;
import org.peft4j.lora.internal.start.ShiftedLora;

/** Operations on whole LoRA adapters. */
public final class LoraAdapters {
  private LoraAdapters() {}

  /**
   * Gives an adapter more ranks without changing what it computes, so that training can continue:
   * {@code B' = [B·s/s', 0]} and {@code A' = [A; A₁]}, with new rows A₁ drawn like the first ones.
   * All targets then have the new rank and alpha. The updater's state is reset.
   *
   * @param model the model
   * @param name a LoRA adapter, active or not
   * @param newRank at least the adapter's largest rank
   * @param newAlpha above 0
   * @throws PeftException if it is not a LoRA adapter, starts from the frozen weight (see {@link
   *     #convertToPlain}), or the rank is too small
   */
  public static void expandRank(PeftModel<?> model, String name, int newRank, double newAlpha) {
    LoraConfig config = config(model, name);
    if (config.init().shifts()) {
      throw new PeftException(
          "Adapter \""
              + name
              + "\" started as a part of the frozen weight, which depends on its rank. Convert it"
              + " with convertToPlain first.");
    }
    LoraConfig wider =
        config.toBuilder()
            .ranks(new Ranks(newRank, newAlpha, Map.of(), Map.of()))
            // Other starts give B values and would change what the adapter computes.
            .init(config.init() == LoraInit.GAUSSIAN ? config.init() : LoraInit.STANDARD)
            .build();
    String drawn = temporaryName(model);
    model.addAdapter(drawn, wider);
    try {
      Map<String, INDArray> values = new LinkedHashMap<>(model.adapter(drawn).tensors());
      double scale = newAlpha / (config.rslora() ? Math.sqrt(newRank) : newRank);
      Map<String, INDArray> old = model.adapter(name).tensors();
      for (Adapter adapter : model.adapter(name).parts()) {
        if (adapter instanceof LowRankPart part) {
          requireRoom(part, newRank);
          copy(part, old, values, part.shape().scale() / scale);
        } else {
          adapter.parameters().forEach(spec -> copy(adapter.key(spec), old, values));
        }
      }
      model.adapter(name).redefine(wider, values);
    } finally {
      model.delete(drawn);
    }
  }

  private static String temporaryName(PeftModel<?> model) {
    String name = "expanded";
    while (model.adapters().contains(name)) {
      name += "1";
    }
    return name;
  }

  private static void requireRoom(LowRankPart part, int newRank) {
    if (part.shape().rank() > newRank) {
      throw new PeftException(
          "The new rank is "
              + newRank
              + "; "
              + part.site().name()
              + " has "
              + part.shape().rank()
              + ". A rank can only grow.");
    }
  }

  private static void copy(
      LowRankPart part, Map<String, INDArray> old, Map<String, INDArray> values, double ratio) {
    for (ParameterSpec spec : part.parameters()) {
      INDArray from = get(old, part.key(spec));
      INDArray into = get(values, part.key(spec));
      if (spec.name().equals(part.nameOfA())) {
        flat(into)
            .get(NDArrayIndex.interval(0, from.size(0)), NDArrayIndex.all())
            .assign(flat(from));
      } else if (spec.name().equals(part.nameOfB())) {
        flat(into)
            .get(NDArrayIndex.all(), NDArrayIndex.interval(0, from.size(1)))
            .assign(flat(from).mul(ratio));
      } else {
        into.assign(from.mul(ratio));
      }
    }
  }

  private static void copy(String key, Map<String, INDArray> old, Map<String, INDArray> values) {
    INDArray from = get(old, key);
    INDArray into = get(values, key);
    if (!Arrays.equals(from.shape(), into.shape())) {
      throw new PeftException(key + " is more than B·A; only plain LoRA can change its rank.");
    }
    into.assign(from);
  }

  private static INDArray flat(INDArray array) {
    return array.reshape('c', array.size(0), -1);
  }

  /**
   * Adds an ordinary LoRA equivalent to one that started as a part of the frozen weight (PiSSA,
   * OLoRA): {@code A = [A; A₀]}, {@code B = [B, −B₀]}, with twice the rank. Any reader of LoRA
   * files understands it. It is not active until {@link PeftModel#setActive}.
   *
   * @param model the model
   * @param name a LoRA adapter without its own modules
   * @param plain the name of the new adapter
   * @throws PeftException if it is not such an adapter, or the name is taken
   */
  public static void convertToPlain(PeftModel<?> model, String name, String plain) {
    LoraConfig config = config(model, name);
    Map<String, INDArray> values = new LinkedHashMap<>();
    List<PlainConfig.Target> targets = new ArrayList<>();
    Map<String, INDArray> old = model.adapter(name).tensors();
    for (Adapter adapter : model.adapter(name).parts()) {
      if (!(adapter instanceof ShiftedLora part)) {
        throw new PeftException(
            "Adapter \""
                + name
                + "\" is not PiSSA or OLoRA at "
                + adapter.site().name()
                + "; there is nothing to convert.");
      }
      Map<String, INDArray> own = new LinkedHashMap<>();
      part.parameters().forEach(spec -> own.put(spec.name(), get(old, part.key(spec))));
      LowRankPart.Factors factors = part.factors(new Tensors(own));
      String prefix = "base_model.model." + part.site().name() + ".";
      values.put(prefix + LoraLinear.A, factors.a());
      values.put(prefix + LoraLinear.B, factors.b());
      int rank = (int) factors.a().size(0);
      targets.add(new PlainConfig.Target(part.site().name(), rank, part.shape().scale() * rank));
    }
    model.addAdapter(plain, PlainConfig.of(config, targets, false), values);
  }

  private static LoraConfig config(PeftModel<?> model, String name) {
    if (model.config(name) instanceof LoraConfig config) {
      return config;
    }
    throw new PeftException(
        "Adapter \""
            + name
            + "\" has the method "
            + model.config(name).peftType()
            + "; needed: LORA.");
  }

  private static INDArray get(Map<String, INDArray> tensors, String key) {
    INDArray tensor = tensors.get(key);
    if (tensor == null) {
      throw new PeftException("No tensor " + key + ": the adapter is not plain LoRA.");
    }
    return tensor;
  }
}
