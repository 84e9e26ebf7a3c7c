package org.peft4j.cli.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.ImageCaptioner;
import org.peft4j.transformers.ImageClassifier;
import org.peft4j.transformers.ImageTextModel;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.prediction.LabelScores;

/**
 * What a model says of pictures: labels, captions, or how well texts go with them.
 *
 * @param texts those that pictures are compared with
 * @param config how captions are written
 */
record PicturePredictor(
    TransformerModel model, List<String> texts, Supplier<GenerationConfig> config) {
  /** From pixel values to what puts a picture's result into an object. */
  Function<INDArray, List<Consumer<ObjectNode>>> results() {
    if (model instanceof ImageCaptioner captioner) {
      GenerationConfig settings = config.get();
      return pixels -> captions(captioner, pixels, settings);
    }
    return model instanceof ImageTextModel pairs
        ? pixels -> labels(zeroShot(pairs, pixels))
        : pixels -> labels(((ImageClassifier) model).predict(pixels));
  }

  private static List<Consumer<ObjectNode>> captions(
      ImageCaptioner captioner, INDArray pixels, GenerationConfig config) {
    List<String> all = captioner.predict(pixels, "", config);
    int each = config.beams().returned();
    List<Consumer<ObjectNode>> results = new ArrayList<>();
    for (int from = 0; from < all.size(); from += each) {
      List<String> own = all.subList(from, from + each);
      results.add(object -> PredictionJson.texts(own, object));
    }
    return results;
  }

  private static List<Consumer<ObjectNode>> labels(List<LabelScores> all) {
    return all.stream()
        .<Consumer<ObjectNode>>map(scores -> object -> PredictionJson.labels(scores, object))
        .toList();
  }

  /** How well each of some texts goes with a picture: the probabilities of CLIP's logits. */
  private List<LabelScores> zeroShot(ImageTextModel pairs, INDArray pixels) {
    double[][] rows = pairs.match(texts, pixels).textProbabilities().toDoubleMatrix();
    List<LabelScores> scores = new ArrayList<>();
    for (double[] row : rows) {
      Map<String, Double> each = new LinkedHashMap<>();
      for (int i = 0; i < row.length; i++) {
        each.put(texts.get(i), row[i]);
      }
      scores.add(new LabelScores(ProblemType.SINGLE_LABEL_CLASSIFICATION, each));
    }
    return scores;
  }
}
