package org.peft4j.lora;

import java.util.List;

/** Learning rates of LoRA by task and size of the model, with where they are from. */
final class Rates {
  private static final String BETWEEN = "between what was measured below and published above";
  private static final long MILLION = 1_000_000;
  private static final long BILLION = 1000 * MILLION;

  /** Where the highest rate of QLoRA's runs ends: 7B and 13B are below, 33B and 65B above. */
  private static final long LARGE = 20 * BILLION;

  private static final String QLORA = "published: QLoRA's runs of 7B and 13B";
  private static final String QLORA_LARGE = "published: QLoRA's runs of 33B and 65B";

  private Rates() {}

  /**
   * A rate for models up to a size.
   *
   * @param most the parameters of the largest such model
   */
  record Rate(long most, double rate, String from) {}

  /** The rate for a model. */
  static Rate of(Task task, long parameters) {
    return table(task).stream().filter(rate -> parameters <= rate.most()).findFirst().orElseThrow();
  }

  /** By size, the last without a limit. */
  static List<Rate> table(Task task) {
    return switch (task) {
      case GENERATION ->
          List.of(
              new Rate(2 * MILLION, 1e-2, "measured: stories260k, 0.26 million parameters"),
              new Rate(100 * MILLION, 1e-3, BETWEEN),
              new Rate(LARGE, 2e-4, "published: LoRA's runs of GPT-2, QLoRA's of 7B and 13B"),
              new Rate(Long.MAX_VALUE, 1e-4, QLORA_LARGE));
      case TEXT_CLASSIFICATION ->
          List.of(
              new Rate(
                  50 * MILLION, 2e-3, "example EncoderSentiment: all-MiniLM-L6-v2, 22.7 million"),
              new Rate(200 * MILLION, 5e-4, "published: LoRA's runs of RoBERTa base"),
              new Rate(BILLION, 3e-4, "published: LoRA's runs of RoBERTa large, 2e-4 to 4e-4"),
              new Rate(LARGE, 2e-4, QLORA),
              new Rate(Long.MAX_VALUE, 1e-4, QLORA_LARGE));
      case TRANSLATION, SUMMARISATION ->
          List.of(
              new Rate(2 * MILLION, 5e-3, "measured: a T5 of 0.45 million parameters"),
              new Rate(2 * BILLION, 1e-3, "published: mT0 large in Hugging Face PEFT's quicktour"),
              new Rate(LARGE, 2e-4, QLORA),
              new Rate(Long.MAX_VALUE, 1e-4, QLORA_LARGE));
      case EMBEDDING ->
          List.of(
              new Rate(50 * MILLION, 1e-3, "example MeaningSearch: all-MiniLM-L6-v2, 22.7 million"),
              new Rate(BILLION, 5e-4, "as classification with RoBERTa base"),
              new Rate(Long.MAX_VALUE, 1e-4, "as classification with larger models"));
      case PREFERENCE ->
          List.of(
              new Rate(2 * MILLION, 1e-3, "measured: DPO on stories260k"),
              new Rate(BILLION, 5e-5, BETWEEN),
              new Rate(Long.MAX_VALUE, 5e-6, "published: Zephyr 7B's DPO with QLoRA"));
    };
  }
}
