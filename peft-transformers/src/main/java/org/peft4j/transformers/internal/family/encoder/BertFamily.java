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
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.architecture.PositionPart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
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
    fields.ignore("hidden_dropout_prob", "attention_probs_dropout_prob", "gradient_checkpointing");
    fields.only("is_decoder", false);
    fields.only("position_embedding_type", "absolute");
    if (electra()) {
      // Of heads that choose among several texts.
      fields.ignore(
          "summary_type", "summary_use_proj", "summary_activation", "summary_last_dropout");
    }
    fields.ignore("tie_word_embeddings"); // Of the language model's head.
    return new Shape(fields, EncoderTasks.prefix(task, body)).describe(fields, task);
  }

  private final class Shape {
    private final EncoderParts parts;
    private final String prefix;
    private final int inner;
    private final int embedded;
    private final Activation activation;

    Shape(ConfigFields fields, String prefix) {
      this.prefix = prefix;
      parts = EncoderParts.read(fields);
      inner = fields.size("intermediate_size");
      embedded = electra() ? fields.size("embedding_size", 128) : parts.width();
      activation = ActivationField.read(fields, "hidden_act", "gelu");
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
      EmbeddingPart places =
          parts.table(
              name + "position_embeddings", SiteRole.POSITION_EMBEDDING, positions, embedded);
      boolean counts = padding.isPresent() && padding.getAsInt() < positions - 1;
      fields.check(!roberta() || counts, "pad_token_id", "a token before the last position");
      PositionPart position = PositionPart.of(places);
      if (roberta() && counts) {
        position = PositionPart.after(places.withPadding(padding), padding.getAsInt());
      }
      InputPart input =
          InputPart.of(
                  parts
                      .table(
                          name + "word_embeddings", SiteRole.TOKEN_EMBEDDING, vocabulary, embedded)
                      .withPadding(padding))
              .withPositions(position)
              .withTypes(
                  parts.table(
                      name + "token_type_embeddings",
                      SiteRole.OTHER,
                      fields.count("type_vocab_size", 2),
                      embedded))
              .withNorm(NormPart.layer(name + "LayerNorm", embedded, parts.epsilon()));
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
                  new FeedForwardPart(
                      activation,
                      Optional.empty(),
                      parts.linear(name + ".intermediate.dense", SiteRole.UP, parts.width(), inner),
                      parts.linear(name + ".output.dense", SiteRole.DOWN, inner, parts.width())),
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
