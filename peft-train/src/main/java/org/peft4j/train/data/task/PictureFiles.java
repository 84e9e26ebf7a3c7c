package org.peft4j.train.data.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.peft4j.train.data.picture.BrokenPictures;
import org.peft4j.train.data.picture.PictureData;
import org.peft4j.train.data.picture.PictureExample;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.vision.ImageProcessor;

/**
 * Reads pictures with labels: rows of {@code file_name} and {@code label}, or a folder of a folder
 * for each class.
 *
 * @param processor prepares each picture for the model
 * @param columns which of a file's columns to take for those fields
 * @param broken what becomes of files that cannot be read
 */
public record PictureFiles(ImageProcessor processor, Columns columns, BrokenPictures broken) {
  /**
   * The pictures of a file of rows, or of a folder.
   *
   * @param head the model's, with its labels
   * @throws org.peft4j.error.PeftException if it is broken: with file, line and column
   */
  public PictureData read(Path data, TaskHead head) {
    LabelValues labels = new LabelValues(head);
    List<PictureExample> examples = new ArrayList<>();
    Table.of(data, columns)
        .forEach(
            row ->
                examples.add(
                    new PictureExample(examples.size(), row.file("file_name"), labels.of(row))));
    return PictureData.of(examples, processor, broken);
  }
}
