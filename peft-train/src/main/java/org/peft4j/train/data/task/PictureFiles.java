package org.peft4j.train.data.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.peft4j.train.data.picture.BrokenPictures;
import org.peft4j.train.data.picture.PictureData;
import org.peft4j.train.data.picture.PictureExample;
import org.peft4j.train.data.picture.PictureTextData;
import org.peft4j.train.data.picture.PictureTextExample;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.tokenizer.Tokenizer;
import org.peft4j.vision.ImageProcessor;

/**
 * Reads pictures with labels: rows of {@code file_name} and {@code label}, or a folder of a folder
 * for each class; and pictures with texts.
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

  /**
   * The pictures of a file of rows, or of a folder, with texts: rows of {@code file_name} and
   * {@code text}. Of a model that writes captions each text is one: the model's begin-of-text
   * token, the text, and the end-of-text token, each but the first predicted. CLIP compares the
   * texts with the pictures.
   *
   * @param model BLIP's or CLIP's
   * @param sequenceLength the most tokens of a text, the rest of which is cut; empty for as many as
   *     the model reads
   * @throws org.peft4j.error.PeftException if it is broken: with file, line and column; the model
   *     takes no pictures with texts, or fewer tokens than that
   */
  public PictureTextData readTexts(
      Path data, ModelArchitecture model, Tokenizer tokenizer, OptionalInt sequenceLength) {
    PictureTexts texts = PictureTexts.of(model, tokenizer, sequenceLength);
    List<PictureTextExample> examples = new ArrayList<>();
    Table.of(data, columns)
        .forEach(
            row ->
                examples.add(
                    new PictureTextExample(
                        examples.size(), row.file("file_name"), texts.of(row.text("text")))));
    return PictureTextData.of(examples, processor, broken, texts.padding());
  }
}
