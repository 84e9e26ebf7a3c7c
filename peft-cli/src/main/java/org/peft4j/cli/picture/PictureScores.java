package org.peft4j.cli.picture;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.Scratch;
import org.peft4j.train.data.picture.LabelValue;
import org.peft4j.train.data.picture.PictureBatch;
import org.peft4j.train.data.picture.PictureData;
import org.peft4j.transformers.ImageClassifier;
import org.peft4j.transformers.evaluation.LabelledPicture;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.prediction.LabelScores;

/**
 * What a classifier says of pictures, and how right it is.
 *
 * @param predictions one for each picture of the data
 */
public record PictureScores(
    ImageClassifier model, PictureData data, List<LabelScores> predictions) {
  private static final double HOLDS = 0.5;

  /** Predicts all pictures, some at once. */
  public static PictureScores of(ImageClassifier model, PictureData data, int batchSize) {
    List<LabelScores> predictions = new ArrayList<>();
    for (int from = 0; from < data.size(); from += batchSize) {
      int to = Math.min(data.size(), from + batchSize);
      PictureBatch batch = data.batch(IntStream.range(from, to).toArray());
      INDArray pixels = Nd4j.createFromArray(batch.pixels()).reshape('c', batch.shape());
      predictions.addAll(model.predict(pixels));
      Scratch.release(pixels);
    }
    return new PictureScores(model, data, predictions);
  }

  /** The scores of the model's kind of labels. */
  public Scores scores() {
    List<LabelledPicture> expected =
        data.examples().stream().map(each -> expected(each.label())).toList();
    return model.score(expected, predictions);
  }

  /** Only the labels of a picture count here. */
  private LabelledPicture expected(LabelValue label) {
    INDArray none = Nd4j.empty(DataType.FLOAT);
    List<String> names = model.labels().names();
    return switch (model.problem()) {
      case SINGLE_LABEL_CLASSIFICATION ->
          LabelledPicture.of(none, names.get(label.number().orElseThrow()));
      case MULTI_LABEL_CLASSIFICATION ->
          LabelledPicture.of(
              none,
              IntStream.range(0, names.size())
                  .filter(i -> label.numbers()[i] >= HOLDS)
                  .mapToObj(names::get)
                  .toArray(String[]::new));
      case REGRESSION ->
          LabelledPicture.of(
              none,
              IntStream.range(0, names.size()).mapToDouble(i -> label.numbers()[i]).toArray());
    };
  }

  /** How often each label was predicted for each. */
  public ConfusionMatrix confusion() {
    List<String> names = model.labels().names();
    int[][] counts = new int[names.size()][names.size()];
    for (int i = 0; i < predictions.size(); i++) {
      OptionalInt number = data.examples().get(i).label().number();
      counts[number.orElseThrow()][names.indexOf(predictions.get(i).label())]++;
    }
    return new ConfusionMatrix(names, counts);
  }
}
