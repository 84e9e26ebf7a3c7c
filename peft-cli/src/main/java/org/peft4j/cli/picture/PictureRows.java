package org.peft4j.cli.picture;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.memory.Scratch;
import org.peft4j.train.data.picture.BrokenPictures;
import org.peft4j.train.data.table.Row;
import org.peft4j.vision.ImageProcessor;
import org.peft4j.vision.Picture;
import org.peft4j.vision.PictureReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a model says of the pictures that rows name.
 *
 * @param model from pixel values to a result for each picture
 * @param batchSize how many pictures run at once
 */
public record PictureRows<T>(
    Function<INDArray, List<T>> model,
    ImageProcessor processor,
    BrokenPictures broken,
    int batchSize) {
  private static final Logger LOG = LoggerFactory.getLogger(PictureRows.class);
  private static final PictureReader READER = new PictureReader();

  /** A picture that was read, and its row. */
  private record Read(Row row, Picture picture) {}

  /**
   * Gives each row with its result, in their order.
   *
   * @return how many there were
   * @throws PeftException if a row names no file, or one that cannot be read and is not left out
   */
  public int of(List<Row> rows, BiConsumer<Row, T> out) {
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

  private int give(List<Read> some, BiConsumer<Row, T> out) {
    if (some.isEmpty()) {
      return 0;
    }
    INDArray pixels = processor.pixelValues(some.stream().map(Read::picture).toList());
    List<T> results = model.apply(pixels);
    Scratch.release(pixels);
    for (int i = 0; i < some.size(); i++) {
      out.accept(some.get(i).row(), results.get(i));
    }
    int count = some.size();
    some.clear();
    return count;
  }
}
