package org.peft4j.internal.method;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EmbeddingAdapter;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.SharingAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.memory.Scratch;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;

/**
 * Rows of an embedding table W [vocabulary, dim] that train: {@code y[t] += R[k] − W[id_k]} where
 * the token at t is id_k, so that R [tokens, dim] replaces those rows. R starts as a copy of them.
 *
 * @param site the embedding
 * @param ids the rows
 * @param prefix the prefix of the tensor's name in an adapter file
 * @param random whether R starts as N(0, 1) instead
 * @param tied heads that share the table; a file repeats R for them
 * @param injection the key by which {@link TiedTokenRows} find R
 */
public record TokenRows(
    Site site,
    List<Integer> ids,
    String prefix,
    boolean random,
    List<Site> tied,
    Injection injection)
    implements EmbeddingAdapter, WeightAdapter, SharingAdapter {
  /**
   * Checks the ids.
   *
   * @throws PeftException if one is beyond the vocabulary
   */
  public TokenRows {
    ids = List.copyOf(ids);
    tied = List.copyOf(tied);
    requireIds(ids, site, site.inputs());
  }

  static void requireIds(List<Integer> ids, Site site, long vocabulary) {
    for (int id : ids) {
      if (id >= vocabulary) {
        throw new PeftException(
            "Token id "
                + id
                + " is beyond the vocabulary of "
                + site.name()
                + "; allowed: 0 to "
                + (vocabulary - 1)
                + ".");
      }
    }
  }

  @Override
  public Adapter at(Site head) {
    return new TiedTokenRows(head, this);
  }

  private String name() {
    return prefix + "trainable_tokens_delta";
  }

  @Override
  public List<ParameterSpec> parameters() {
    Initializer asTheyAre =
        (target, generator) -> {
          INDArray rows = frozenRows(new Nd4jKernels(), target.dataType());
          target.assign(rows);
          Scratch.release(rows);
        };
    Initializer first = random ? Initializer.normal(1) : asTheyAre;
    return List.of(ParameterSpec.of(name(), first, ids.size(), site.outputs()));
  }

  @Override
  public boolean readsWeight() {
    return true;
  }

  @Override
  public Map<String, INDArray> copies(Tensors tensors) {
    return repeated(tensors.get(name()));
  }

  @Override
  public Map<String, List<Long>> copyShapes() {
    return repeated(parameters().get(0).shape());
  }

  private <T> Map<String, T> repeated(T value) {
    return tied.isEmpty() || !prefix.isEmpty()
        ? Map.of()
        : Map.of(KEY_ROOT + tied.get(0).name() + "." + name(), value);
  }

  private INDArray frozenRows(Kernels kernels, DataType type) {
    INDArray rows = Scratch.of(type, ids.size(), site.outputs());
    int[] places = ids.stream().mapToInt(Integer::intValue).toArray();
    injection.frozen().weight(site).lookUp(kernels, places, rows);
    return rows;
  }

  /** {@code R − W[ids]}. The caller releases the array. */
  INDArray change(Pass pass, INDArray r) {
    INDArray frozen = frozenRows(pass.kernels(), r.dataType());
    INDArray change = r.sub(frozen);
    Scratch.release(frozen);
    return change;
  }

  private Map<Integer, Integer> places() {
    Map<Integer, Integer> places = new HashMap<>();
    for (int k = 0; k < ids.size(); k++) {
      places.put(ids.get(k), k);
    }
    return places;
  }

  @Override
  public void forward(Pass pass, Tensors parameters, int[] tokens, INDArray y) {
    INDArray r = parameters.get(name());
    pass.state().put(injection, r);
    INDArray change = change(pass, r);
    Map<Integer, Integer> places = places();
    for (int t = 0; t < tokens.length; t++) {
      Integer k = places.get(tokens[t]);
      if (k != null) {
        y.getRow(t).addi(change.getRow(k));
      }
    }
    Scratch.release(change);
  }

  @Override
  public void backward(
      Pass pass, Tensors parameters, int[] tokens, INDArray dy, Tensors gradients) {
    INDArray gradient = gradients.get(name());
    INDArray ofHead = pass.state().takeGradient(injection);
    if (ofHead == null) {
      gradient.assign(0);
    } else {
      gradient.assign(ofHead);
      ofHead.close();
    }
    Map<Integer, Integer> places = places();
    site.padding().ifPresent(places::remove);
    for (int t = 0; t < tokens.length; t++) {
      Integer k = places.get(tokens[t]);
      if (k != null) {
        gradient.getRow(k).addi(dy.getRow(t));
      }
    }
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    INDArray change = change(pass, parameters.get(name()));
    for (int k = 0; k < ids.size(); k++) {
      weight.getRow(ids.get(k)).addi(change.getRow(k));
    }
    Scratch.release(change);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    for (int k = 0; k < ids.size(); k++) {
      gradients.get(name()).getRow(k).assign(weightGradient.getRow(ids.get(k)));
    }
  }
}
