package org.peft4j.internal.method;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.LinearAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.memory.Scratch;
import org.peft4j.method.Injection;
import org.peft4j.site.Site;

/**
 * Rows of a head W [vocabulary, in] that train, with or without the embedding's: {@code y[:, id_k]
 * += x·(R[k] − W[id_k])}, so that R [tokens, in] replaces those rows. R starts as a copy of them.
 *
 * @param site the head
 * @param ids the rows
 * @param injection the making of the adapter, with the frozen rows
 */
public record HeadTokenRows(Site site, List<Integer> ids, Injection injection)
    implements LinearAdapter, WeightAdapter {
  private static final String NAME = "token_adapter.trainable_tokens_delta";

  /**
   * Checks the ids.
   *
   * @throws PeftException if one is beyond the vocabulary
   */
  public HeadTokenRows {
    ids = List.copyOf(ids);
    TokenRows.requireIds(ids, site, site.outputs());
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(
        ParameterSpec.of(
            NAME,
            (target, generator) -> {
              INDArray rows = frozenRows(new Nd4jKernels(), target.dataType());
              target.assign(rows);
              Scratch.release(rows);
            },
            ids.size(),
            site.inputs()));
  }

  private INDArray frozenRows(Kernels kernels, DataType type) {
    INDArray rows = Scratch.of(type, ids.size(), site.inputs());
    int[] places = ids.stream().mapToInt(Integer::intValue).toArray();
    injection.frozen().weight(site).lookUp(kernels, places, rows);
    return rows;
  }

  private INDArray change(Pass pass, Tensors parameters) {
    INDArray rows = parameters.get(NAME);
    INDArray frozen = frozenRows(pass.kernels(), rows.dataType());
    INDArray change = rows.sub(frozen);
    Scratch.release(frozen);
    return change;
  }

  @Override
  public void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    INDArray change = change(pass, parameters);
    HeadColumns.forward(pass, ids, change, x, y);
    Scratch.release(change);
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx) {
    INDArray change = change(pass, parameters);
    HeadColumns.backward(pass, ids, change, x, dy, gradients.get(NAME), 0, dx);
    Scratch.release(change);
  }

  @Override
  public void addDelta(Pass pass, Tensors parameters, INDArray weight) {
    INDArray change = change(pass, parameters);
    for (int k = 0; k < ids.size(); k++) {
      weight.getRow(ids.get(k)).addi(change.getRow(k));
    }
    Scratch.release(change);
  }

  @Override
  public void deltaGradient(
      Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients) {
    for (int k = 0; k < ids.size(); k++) {
      gradients.get(NAME).getRow(k).assign(weightGradient.getRow(ids.get(k)));
    }
  }
}
