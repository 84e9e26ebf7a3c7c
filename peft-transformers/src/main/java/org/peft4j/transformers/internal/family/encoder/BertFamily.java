package org.peft4j.transformers.internal.family.encoder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.peft4j.kernel.Activation;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.BlockPart;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * BERT (Devlin et al., 2019), RoBERTa (Liu et al., 2019), XLM-RoBERTa (Conneau et al., 2020) and
 * ELECTRA (Clark et al., 2020): post-norm blocks over learnt positions and types of tokens.
 *
 * <p>RoBERTa numbers the tokens that are not padding, from the row behind the padding token's on.
 * ELECTRA's embeddings may be narrower than its blocks. The head of a sequence reads BERT's pooler;
 * in the others it has a dense layer of its own.
 */
public record BertFamily(String modelType, String className, String body) implements Family {

  @Override
  public List<Task> tasks() {
    return EncoderTasks.ALL;
  }

  private boolean roberta() {
    return modelType.endsWith("roberta");
  }

  private boolean electra() {
    return modelType.equals("electra");
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.only("is_decoder", false);
    fields.only("position_embedding_type", "absolute");
    if (electra()) {
      // Of heads that choose among several texts.
      fields.ignore(
          "summary_type", "summary_use_proj", "summary_activation", "summary_last_dropout");
    }
    return new Shape(fields, EncoderTasks.prefix(task, body)).describe(fields, task);
  }

  private final class Shape {
    private final EncoderParts parts;
    private final String prefix;
    private final int embedded;

    Shape(ConfigFields fields, String prefix) {
      this.prefix = prefix;
      parts = EncoderParts.read(fields, "gelu");
      embedded = electra() ? fields.size("embedding_size", 128) : parts.width();
    }

    ModelArchitecture describe(ConfigFields fields, TaskHead task) {
      int layers = fields.layers("num_hidden_layers");
      InputPart input = input(fields);
      return new ModelArchitecture(
          new CheckpointNames(
              modelType,
              task.className(className, "ForMaskedLM"),
              body,
              Set.of(prefix + "embeddings.position_ids", prefix + "embeddings.token_type_ids")),
          input.positions().orElseThrow().positions(),
          TokenFields.read(fields),
          Optional.empty(),
          new StackPart(
              input,
              IntStream.range(0, layers).mapToObj(this::block).toList(),
              Optional.empty(),
              Optional.empty()),
          head(task));
    }

    private InputPart input(ConfigFields fields) {
      int vocabulary = fields.count("vocab_size");
      int positions = fields.count("max_position_embeddings", 512);
      OptionalInt padding =
          TokenFields.paddingRow(fields, vocabulary, OptionalInt.of(roberta() ? 1 : 0));
      String name = prefix + "embeddings.";
      boolean counts = padding.isPresent() && padding.getAsInt() < positions - 1;
      fields.check(!roberta() || counts, "pad_token_id", "a token before the last position");
      InputPart input =
          parts
              .embeddings(fields, name, embedded, padding, roberta() && counts)
              .withTypes(parts.types(fields, name, embedded));
      return embedded == parts.width()
          ? input
          : input.withLast(
              parts.linear(prefix + "embeddings_project", SiteRole.OTHER, embedded, parts.width()));
    }

    private BlockPart block(int index) {
      String name = prefix + "encoder.layer." + index;
      String attention = name + ".attention";
      String self = attention + ".self";
      return new BlockPart(
          name,
          List.of(
              parts.sublayer(
                  parts.attention(
                      self,
                      parts.separate(self + ".query", self + ".key", self + ".value"),
                      parts.linear(
                          attention + ".output.dense",
                          SiteRole.ATTENTION_OUTPUT,
                          parts.width(),
                          parts.width())),
                  attention,
                  attention + ".output.LayerNorm"),
              parts.sublayer(
                  parts.feedForward(name + ".intermediate.dense", name + ".output.dense"),
                  name + ".feed_forward",
                  name + ".output.LayerNorm")));
    }

    private HeadPart head(TaskHead task) {
      DensePart pooler = parts.dense(prefix + "pooler.dense", Activation.TANH);
      if (!roberta() && !electra()) {
        return parts.head(task, List.of(pooler), "classifier", Optional.of(pooler));
      }
      Activation activation = electra() ? Activation.GELU : Activation.TANH;
      return parts.head(
          task,
          List.of(parts.dense("classifier.dense", activation)),
          "classifier.out_proj",
          electra() ? Optional.empty() : Optional.of(pooler));
    }
  }
}
