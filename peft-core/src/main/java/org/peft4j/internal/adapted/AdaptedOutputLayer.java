package org.peft4j.internal.adapted;

import java.util.List;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.original.TwinLayer;

/** A host for output layers: Deeplearning4j asks them for the score. */
final class AdaptedOutputLayer extends AdaptedLayer implements IOutputLayer {
  private final transient IOutputLayer output;

  AdaptedOutputLayer(TwinLayer inner, NeuralNetConfiguration conf, LayerGrafts grafts) {
    super(inner, conf, grafts);
    this.output = (IOutputLayer) inner.layer();
  }

  @Override
  public boolean needsLabels() {
    return output.needsLabels();
  }

  @Override
  public void setLabels(INDArray labels) {
    output.setLabels(labels);
  }

  @Override
  public INDArray getLabels() {
    return output.getLabels();
  }

  @Override
  public double computeScore(double regularization, boolean training, LayerWorkspaceMgr mgr) {
    requireAllRows("The score");
    hooks().beforeForward(training);
    return output.computeScore(regularization, training, mgr);
  }

  @Override
  public INDArray computeScoreForExamples(double regularization, LayerWorkspaceMgr mgr) {
    requireAllRows("The score");
    hooks().beforeForward(false);
    return output.computeScoreForExamples(regularization, mgr);
  }

  @Override
  public double f1Score(DataSet data) {
    return output.f1Score(data);
  }

  @Override
  public double f1Score(INDArray examples, INDArray labels) {
    return output.f1Score(examples, labels);
  }

  @Override
  public int numLabels() {
    return output.numLabels();
  }

  @Override
  public int[] predict(INDArray examples) {
    return output.predict(examples);
  }

  @Override
  public List<String> predict(DataSet data) {
    return output.predict(data);
  }

  @Override
  public void fit(DataSetIterator iterator) {
    output.fit(iterator);
  }

  @Override
  public void fit(INDArray examples, INDArray labels) {
    output.fit(examples, labels);
  }

  @Override
  public void fit(DataSet data) {
    output.fit(data);
  }

  @Override
  public void fit(INDArray examples, int[] labels) {
    output.fit(examples, labels);
  }
}
