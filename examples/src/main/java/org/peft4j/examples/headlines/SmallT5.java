package org.peft4j.examples.headlines;

import java.nio.file.Path;
import java.util.List;
import org.peft4j.examples.bundled.BundledFiles;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.data.task.EvaluationRows;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.evaluation.SourceTarget;

/**
 * A T5 that reads and writes of weather in small towns, and reports with headlines, which it has
 * never seen. {@code reference/small_t5.py} made both.
 *
 * @param folder the checkpoint
 * @param training a CSV file of reports and headlines to learn from
 * @param heldOut others, to score
 */
record SmallT5(Path folder, Path training, Path heldOut) {
  /** Unpacks all of it to a folder. */
  static SmallT5 unpack(Path folder) {
    new BundledFiles("/headlines/").unpack(folder, "train.csv", "held-out.csv");
    Path model =
        new BundledFiles("/headlines/small-t5/")
            .unpack(
                folder.resolve("small-t5"),
                "config.json",
                "generation_config.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json");
    return new SmallT5(model, folder.resolve("train.csv"), folder.resolve("held-out.csv"));
  }

  /** The held-out reports and their headlines. */
  List<SourceTarget> examples() {
    List<Row> rows = Table.of(heldOut).rows();
    return new EvaluationRows(rows, TaskHead.of(Task.SEQ_2_SEQ_LM)).sources();
  }
}
