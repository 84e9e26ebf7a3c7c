package org.peft4j.examples.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.adapter.SingletonMultiDataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;

/** The code of the guide to SameDiff. */
class SameDiffGuideTest {
  @Test
  void aGraphIsWrappedTrainedSavedAndMerged(@TempDir Path folder) {
    Nd4j.getRandom().setSeed(4);
    File file = folder.resolve("model.fb").toFile();
    graph().save(file, true);
    INDArray x = Nd4j.rand(DataType.FLOAT, 5, 3);
    INDArray labels = Nd4j.rand(DataType.FLOAT, 5, 2);
    MultiDataSetIterator iterator = new SingletonMultiDataSetIterator(new MultiDataSet(x, labels));
    TrainingConfig config =
        TrainingConfig.builder()
            .updater(new Adam(0.05))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("labels")
            .build();

    SameDiff base = SameDiff.load(file, true);
    PeftModel<SameDiff> model =
        Peft.wrap(base, LoraConfig.builder().rank(4).alpha(8).targetModules("w0").build());
    SameDiff graph = model.network();
    graph.setTrainingConfig(config);
    graph.fit(iterator, 3);
    model.save(folder);
    SameDiff merged = model.mergeAndUnload();

    INDArray adapted = output(graph, x);
    assertThat(adapted).isNotEqualTo(output(base, x));
    assertThat(output(merged, x).sub(adapted).amaxNumber().doubleValue()).isLessThan(1e-5);
    assertThat(output(Peft.load(base, folder).network(), x)).isEqualTo(adapted);
  }

  private static INDArray output(SameDiff graph, INDArray x) {
    return graph.outputSingle(Map.of("x", x), "y").dup();
  }

  private static SameDiff graph() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.FLOAT, -1, 3);
    SDVariable h = graph.math.tanh(x.mmul(graph.var("w0", Nd4j.rand(DataType.FLOAT, 3, 6))));
    SDVariable y = h.mmul("y", graph.var("w1", Nd4j.rand(DataType.FLOAT, 6, 2)));
    graph.math.square(y.sub(graph.placeHolder("labels", DataType.FLOAT, -1, 2))).mean("loss");
    graph.setLossVariables("loss");
    return graph;
  }
}
