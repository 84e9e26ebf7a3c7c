package org.peft4j.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.peft4j.benchmarks.work.Workload;
import org.peft4j.transformers.config.Precision;

/**
 * One piece of work of the comparison.
 *
 * @param checkpointing whether the backward pass recomputes activations
 */
record Row(Shape shape, Workload work, Precision precision, boolean checkpointing) {
  private static final int PROMPT = 64;

  /**
   * A model with its adapter and batch.
   *
   * @param model the folder among the models
   * @param key its name for {@code --only}
   */
  record Shape(
      String model, String key, int rank, double alpha, String targets, int batch, int length) {}

  static final Shape GPT2 = new Shape("gpt2-124m", "gpt2", 8, 16, "c_attn", 4, 128);
  static final Shape TINY_LLAMA =
      new Shape(
          "tinyllama-1.1b",
          "tinyllama",
          16,
          32,
          "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj",
          1,
          256);

  static final Shape BERT = new Shape("bert-base", "bert", 8, 16, "query,value", 16, 128);

  /** All rows: every model trains and runs forward, and the largest one generates. */
  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (Shape shape : List.of(GPT2, TINY_LLAMA, BERT)) {
      rows.add(new Row(shape, Workload.TRAIN, Precision.FP32, false));
      rows.add(new Row(shape, Workload.TRAIN, Precision.BF16, false));
      rows.add(new Row(shape, Workload.TRAIN, Precision.BF16, true));
      rows.add(new Row(shape, Workload.FORWARD, Precision.FP32, false));
      rows.add(new Row(shape, Workload.FORWARD, Precision.BF16, false));
    }
    rows.add(new Row(TINY_LLAMA, Workload.GENERATE, Precision.FP32, false));
    rows.add(new Row(TINY_LLAMA, Workload.GENERATE, Precision.BF16, false));
    return rows;
  }

  int batch() {
    return work == Workload.GENERATE ? 1 : shape.batch();
  }

  /** Tokens of a row of the batch; those of the prompt for generation. */
  int length() {
    return work == Workload.GENERATE ? PROMPT : shape.length();
  }

  /** fp32, bf16 or bf16+checkpointing. */
  String precisionName() {
    return precision.name().toLowerCase(Locale.ROOT) + (checkpointing ? "+checkpointing" : "");
  }

  /** The row's work, for a table. */
  String title() {
    return "%s %s %d × %d".formatted(shape.model(), work, batch(), length());
  }

  /** The arguments of both implementations, without those for files and steps. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--work", work.toString()));
    arguments.addAll(List.of("--precision", precision.name().toLowerCase(Locale.ROOT)));
    arguments.addAll(List.of("--rank", Integer.toString(shape.rank())));
    arguments.addAll(List.of("--alpha", Double.toString(shape.alpha())));
    arguments.addAll(List.of("--target", shape.targets()));
    arguments.addAll(List.of("--batch", Integer.toString(batch())));
    arguments.addAll(List.of("--length", Integer.toString(length())));
    if (checkpointing) {
      arguments.add("--checkpointing");
    }
    return arguments;
  }
}
