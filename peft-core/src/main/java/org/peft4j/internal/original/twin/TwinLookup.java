package org.peft4j.internal.original.twin;

import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.params.DefaultParamInitializer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.EmbeddingGrafts;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.site.Site;

/**
 * The lookup in a stock embedding layer with the adapters beside it: {@code y = W[id] + Σ
 * adapter(id) + b}, W [vocabulary, dim].
 */
final class TwinLookup {
  private static final String WEIGHT = DefaultParamInitializer.WEIGHT_KEY;
  private static final String BIAS = DefaultParamInitializer.BIAS_KEY;

  private final LayerGrafts grafts;
  private final SiteGrafts site;
  private final EmbeddingGrafts parts;
  private @Nullable Pass pass;

  TwinLookup(LayerGrafts grafts, Site site) {
    this.grafts = grafts;
    this.site = grafts.at(site.name());
    this.parts = new EmbeddingGrafts(this.site);
  }

  /** A new input has come: the next forward pass draws new masks. */
  void newInput() {
    pass = null;
  }

  /** The trainable copy of a parameter that stands in for the frozen one now, or else that. */
  @Nullable INDArray parameter(String name, @Nullable INDArray frozen) {
    return site.optionalParameter(name, frozen);
  }

  /**
   * The vectors of {@code ids}, [ids, dim] row-major.
   *
   * @param frozen the frozen table
   * @param bias what is added; null for none
   */
  INDArray forward(
      int[] ids,
      INDArray frozen,
      @Nullable INDArray bias,
      boolean training,
      LayerWorkspaceMgr workspaces) {
    INDArray w = site.parameter(WEIGHT, frozen);
    requireInVocabulary(ids, w.size(0));
    INDArray y =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS, w.dataType(), new long[] {ids.length, w.size(1)}, 'c');
    Nd4j.pullRows(w, y, 1, ids);
    if (site.acts()) {
      site.requireRowEach(ids.length);
      parts.forward(pass(training), ids, y);
    }
    return bias == null ? y : y.addiRowVector(bias);
  }

  /** Writes the gradients of all that trains here, given that of the vectors [ids, dim]. */
  void backward(int[] ids, INDArray delta, LayerWorkspaceMgr workspaces) {
    INDArray rows = RowMajor.of(delta, ArrayType.BP_WORKING_MEM, workspaces);
    INDArray weightGradient = site.gradient(WEIGHT);
    if (weightGradient != null) {
      weightGradient.assign(0);
      for (int i = 0; i < ids.length; i++) {
        weightGradient.getRow(ids[i]).addi(rows.getRow(i));
      }
    }
    INDArray biasGradient = site.gradient(BIAS);
    if (biasGradient != null) {
      rows.sum(biasGradient, 0);
    }
    if (site.acts()) {
      parts.backward(pass(true), ids, rows);
    }
  }

  private void requireInVocabulary(int[] ids, long size) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= size) {
        throw new DL4JInvalidInputException(
            "Index %d at position %d of the input of embedding layer %s is not in 0 … %d."
                .formatted(ids[i], i, site.site().name(), size - 1));
      }
    }
  }

  private Pass pass(boolean training) {
    if (pass == null || pass.training() != training) {
      pass = grafts.nextPass(training);
    }
    return pass;
  }
}
