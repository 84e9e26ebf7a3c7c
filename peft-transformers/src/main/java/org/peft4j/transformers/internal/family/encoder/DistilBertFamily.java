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
import org.peft4j.transformers.architecture.InputPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ActivationField;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;
import org.peft4j.transformers.internal.family.TokenFields;

/**
 * DistilBERT (Sanh et al., 2019): BERT with fewer blocks, without types of tokens and without a
 * pooler. Sinusoidal positions are a table in the checkpoint, as learnt ones are.
 */
public final class DistilBertFamily implements Family {
  private static final String BODY = "distilbert";
  private static final double EPSILON = 1e-12;

  @Override
  public String modelType() {
    return BODY;
  }

  @Override
  public List<Task> tasks() {
    return EncoderTasks.ALL;
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    fields.alias("hidden_size", "dim");
    fields.alias("num_attention_heads", "n_heads");
    fields.alias("num_hidden_layers", "n_layers");
    fields.ignore("dropout", "attention_dropout", "qa_dropout", "seq_classif_dropout");
    fields.ignore("sinusoidal_pos_embds", "tie_weights_", "tie_word_embeddings");
    int width = fields.size("dim");
    int heads = fields.size("n_heads");
    int layers = fields.layers("n_layers");
    int vocabulary = fields.count("vocab_size");
    int positions = fields.count("max_position_embeddings", 512);
    fields.check(width % heads == 0, "n_heads", "a divisor of dim " + width);
    EncoderParts parts =
        new EncoderParts(
            width,
            heads,
            fields.size("hidden_dim"),
            ActivationField.read(fields, "activation", "gelu"),
            EPSILON,
            fields.positiveNumber("initializer_range", 0.02));
    String prefix = EncoderTasks.prefix(task, BODY);
    OptionalInt padding = TokenFields.paddingRow(fields, vocabulary, OptionalInt.of(0));
    InputPart input = parts.embeddings(fields, prefix + "embeddings.", width, padding, false);
    return new ModelArchitecture(
        new CheckpointNames(
            modelType(),
            task.className("DistilBert", "ForMaskedLM"),
            BODY,
            Set.of(prefix + "embeddings.position_ids")),
        positions,
        TokenFields.read(fields),
        Optional.empty(),
        new StackPart(
            input,
            IntStream.range(0, layers)
                .mapToObj(i -> block(parts, prefix + "transformer.layer." + i))
                .toList(),
            Optional.empty(),
            Optional.empty()),
        parts.head(
            task,
            List.of(parts.dense("pre_classifier", Activation.RELU)),
            "classifier",
            Optional.empty()));
  }

  private static BlockPart block(EncoderParts parts, String name) {
    String attention = name + ".attention";
    int width = parts.width();
    return new BlockPart(
        name,
        List.of(
            parts.sublayer(
                parts.attention(
                    attention,
                    parts.separate(
                        attention + ".q_lin", attention + ".k_lin", attention + ".v_lin"),
                    parts.linear(attention + ".out_lin", SiteRole.ATTENTION_OUTPUT, width, width)),
                attention,
                name + ".sa_layer_norm"),
            parts.sublayer(
                parts.feedForward(name + ".ffn.lin1", name + ".ffn.lin2"),
                name + ".ffn",
                name + ".output_layer_norm")));
  }
}
