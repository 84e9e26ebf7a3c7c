package org.peft4j.internal.adapted;

import java.util.Optional;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.DetachedTape;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SublayerGrafts;
import org.peft4j.internal.original.OutputPlace;

/**
 * The grafts after the activation of a layer of Deeplearning4j. They do not change the layer's own
 * array, because some layers keep it as their state.
 */
final class OutputGrafts {
  private final OutputPlace place;
  private final LayerGrafts layer;
  private final SublayerGrafts grafts;
  private @Nullable DetachedTape tape;
  private @Nullable Pass pass;
  private boolean training;

  private OutputGrafts(OutputPlace place, LayerGrafts layer) {
    this.place = place;
    this.layer = layer;
    this.grafts = new SublayerGrafts(layer.at(place.site().name()));
  }

  /** The grafts at {@code place}; null if there are none. */
  static @Nullable OutputGrafts at(Optional<OutputPlace> place, LayerGrafts layer) {
    return place
        .filter(p -> !layer.at(p.site().name()).all().isEmpty())
        .map(p -> new OutputGrafts(p, layer))
        .orElse(null);
  }

  /** Whether the layer has no other grafts. */
  boolean alone() {
    return layer.all().size() == layer.at(place.site().name()).all().size();
  }

  /** Makes the next forward pass draw new masks. */
  void newInput() {
    pass = null;
    close();
  }

  /** The adapted activations, given the layer's own. */
  INDArray forward(INDArray y, boolean forTraining, LayerWorkspaceMgr workspaces) {
    if (!grafts.acts()) {
      return y;
    }
    layer.at(place.site().name()).requireRowEach(y.size(0));
    INDArray rows = rows(y, ArrayType.FF_WORKING_MEM, workspaces);
    grafts.forward(pass(y, forTraining), null, matrix(rows));
    return like(y, rows, ArrayType.ACTIVATIONS, workspaces);
  }

  /** Writes the gradients; the gradient of the layer's own activations, given the adapted ones'. */
  INDArray backward(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    if (!grafts.acts()) {
      return epsilon;
    }
    INDArray rows = rows(epsilon, ArrayType.BP_WORKING_MEM, workspaces);
    grafts.backward(pass(epsilon, true), null, matrix(rows), null);
    return like(epsilon, rows, ArrayType.BP_WORKING_MEM, workspaces);
  }

  /** A copy [batch, …, features], row-major. */
  private INDArray rows(INDArray array, ArrayType memory, LayerWorkspaceMgr workspaces) {
    return workspaces.dup(memory, place.featuresLast(array), 'c');
  }

  private static INDArray matrix(INDArray rows) {
    long features = rows.size(rows.rank() - 1);
    return rows.reshape('c', rows.length() / features, features);
  }

  /** A copy of {@code rows} laid out as {@code model} is. */
  private INDArray like(
      INDArray model, INDArray rows, ArrayType memory, LayerWorkspaceMgr workspaces) {
    INDArray result =
        workspaces.createUninitialized(memory, model.dataType(), model.shape(), model.ordering());
    place.featuresLast(result).assign(rows);
    return result;
  }

  private Pass pass(INDArray array, boolean forTraining) {
    if (pass == null || training != forTraining) {
      Pass next = layer.nextPass(forTraining);
      if (forTraining && tape == null) {
        tape = new DetachedTape(array.dataType());
      }
      pass = forTraining && tape != null ? next.on(tape) : next;
      training = forTraining;
    }
    return pass;
  }

  /** Frees what was recorded. */
  void close() {
    if (tape != null) {
      tape.close();
    }
  }
}
