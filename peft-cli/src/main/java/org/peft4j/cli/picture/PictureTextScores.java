package org.peft4j.cli.picture;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.Scratch;
import org.peft4j.train.data.picture.PictureTextBatch;
import org.peft4j.train.data.picture.PictureTextData;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.ImageCaptioner;
import org.peft4j.transformers.ImageTextModel;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.metrics.RetrievalMetrics;
import org.peft4j.transformers.metrics.Scores;
import org.peft4j.transformers.metrics.TextMetrics;

/**
 * How well a model's captions are the texts of pictures, or pictures and texts find each other.
 *
 * @param data the pictures
 * @param texts one for each of them
 * @param batchSize how many run at once
 */
public record PictureTextScores(PictureTextData data, List<String> texts, int batchSize) {
  private static final int[] RANKS = {1, 5, 10};

  /**
   * Takes the texts of rows.
   *
   * @param rows all rows of the file that the data was read from
   */
  public static PictureTextScores of(PictureTextData data, List<Row> rows, int batchSize) {
    return new PictureTextScores(
        data,
        data.examples().stream().map(each -> rows.get(each.row()).text("text")).toList(),
        batchSize);
  }

  /** Metrics of texts, of a caption written for each picture. */
  public Scores captions(ImageCaptioner model, GenerationConfig config) {
    List<String> written = new ArrayList<>();
    ofPictures(pixels -> written.addAll(model.predict(pixels, "", config)));
    return TextMetrics.of(written, texts);
  }

  /**
   * {@code image_to_text_recall@k}, how often a picture's text is among the k nearest of all texts,
   * and {@code text_to_image_recall@k}.
   */
  public Scores pairs(ImageTextModel model) {
    INDArray pictures =
        Nd4j.concat(
            0, ofPictures(pixels -> model.embedPictures(pixels, true)).toArray(INDArray[]::new));
    List<INDArray> parts = new ArrayList<>();
    for (int from = 0; from < texts.size(); from += batchSize) {
      int to = Math.min(texts.size(), from + batchSize);
      parts.add(model.embedTexts(texts.subList(from, to), true));
    }
    INDArray vectors = Nd4j.concat(0, parts.toArray(INDArray[]::new));
    return named("image_to_text_", RetrievalMetrics.of(pictures, vectors, RANKS))
        .with(named("text_to_image_", RetrievalMetrics.of(vectors, pictures, RANKS)));
  }

  private static Scores named(String prefix, Scores scores) {
    Scores named = Scores.NONE;
    for (var each : scores.values().entrySet()) {
      named = named.with(prefix + each.getKey(), each.getValue());
    }
    return named;
  }

  private <T> List<T> ofPictures(Function<INDArray, T> model) {
    List<T> results = new ArrayList<>();
    for (int from = 0; from < data.size(); from += batchSize) {
      int to = Math.min(data.size(), from + batchSize);
      PictureTextBatch batch = data.batch(IntStream.range(from, to).toArray());
      INDArray pixels = Nd4j.createFromArray(batch.pixels()).reshape('c', batch.shape());
      results.add(model.apply(pixels));
      Scratch.release(pixels);
    }
    return results;
  }
}
