package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Scratch;
import org.peft4j.train.data.picture.BrokenPictures;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.ImageTextModel;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.prediction.LabelScores;
import org.peft4j.vision.ImageProcessor;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a model says of the pictures that rows name.
 *
 * @param model from pixel values to the scores of each picture
 * @param batchSize how many pictures run at once
 */
record PicturePredictions(
    Function<INDArray, List<LabelScores>> model,
    ImageProcessor processor,
    BrokenPictures broken,
    int batchSize) {
  private static final Logger LOG = LoggerFactory.getLogger(PicturePredictions.class);
  private static final PictureReader READER = new PictureReader();

  /** How well each of some texts goes with a picture: the probabilities of CLIP's logits. */
  static Function<INDArray, List<LabelScores>> zeroShot(ImageTextModel model, List<String> texts) {
    return pixels -> {
      double[][] rows = model.match(texts, pixels).textProbabilities().toDoubleMatrix();
      List<LabelScores> scores = new ArrayList<>();
      for (double[] row : rows) {
        Map<String, Double> each = new LinkedHashMap<>();
        for (int i = 0; i < row.length; i++) {
          each.put(texts.get(i), row[i]);
        }
        scores.add(new LabelScores(ProblemType.SINGLE_LABEL_CLASSIFICATION, each));
      }
      return scores;
    };
  }

  /** A picture that was read, and its row. */
  private record Read(Row row, Picture picture) {}

  /**
   * Gives an object for each picture, in the order of rows.
   *
   * @return how many there were
   * @throws PeftException if a row names no file, or one that cannot be read and is not left out
   */
  int of(List<Row> rows, Consumer<ObjectNode> out) {
    int count = 0;
    List<Read> some = new ArrayList<>();
    for (Row row : rows) {
      read(row, some);
      if (some.size() == batchSize) {
        count += give(some, out);
      }
    }
    return count + give(some, out);
  }

  private void read(Row row, List<Read> some) {
    try {
      some.add(new Read(row, READER.read(row.file("file_name"))));
    } catch (PeftException e) {
      if (broken == BrokenPictures.REFUSE) {
        throw e;
      }
      LOG.warn("Left out: {}", e.getMessage());
    }
  }

  private int give(List<Read> some, Consumer<ObjectNode> out) {
    if (some.isEmpty()) {
      return 0;
    }
    INDArray pixels = processor.pixelValues(some.stream().map(Read::picture).toList());
    List<LabelScores> predicted = model.apply(pixels);
    Scratch.release(pixels);
    for (int i = 0; i < some.size(); i++) {
      Row row = some.get(i).row();
      ObjectNode object = InputRow.object(row);
      object.put("file_name", row.text("file_name"));
      PredictionJson.labels(predicted.get(i), object);
      out.accept(object);
    }
    int count = some.size();
    some.clear();
    return count;
  }
}
