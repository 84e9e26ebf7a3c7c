package org.peft4j.transformers.internal.family;

import java.util.Optional;
import java.util.OptionalInt;
import org.peft4j.kernel.Activation;
import org.peft4j.site.Site;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.FeedForwardPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ResidualPart;

/**
 * The sizes of a decoder, and parts of these sizes with new weights of one deviation.
 *
 * @param width of hidden states
 * @param heads query heads
 */
public record Dimensions(int width, int heads, int keyValueHeads, int headSize, double deviation) {
  /**
   * Reads {@code hidden_size}, {@code num_attention_heads}, {@code num_key_value_heads} and {@code
   * head_dim}.
   *
   * @param absentKeys {@code num_key_value_heads} of a config without that field; empty, and in a
   *     config where it is null, for the number of query heads
   * @param absentHead {@code head_dim} of a config without that field; empty for the width divided
   *     by the heads
   */
  public static Dimensions read(
      ConfigFields fields, OptionalInt absentKeys, OptionalInt absentHead) {
    int width = fields.size("hidden_size");
    int heads = fields.size("num_attention_heads");
    int keys =
        fields.size(
            "num_key_value_heads",
            fields.isNull("num_key_value_heads") ? heads : absentKeys.orElse(heads));
    int size = fields.size("head_dim", absentHead.orElse(width / heads));
    fields.check(
        heads % keys == 0, "num_key_value_heads", "a divisor of num_attention_heads " + heads);
    fields.headSizes("head_dim", heads, size);
    return new Dimensions(
        width, heads, keys, size, fields.positiveNumber("initializer_range", 0.02));
  }

  /** Heads that share the width, with keys and values of their own. */
  public static Dimensions of(ConfigFields fields, String widthField, String headsField) {
    int width = fields.size(widthField);
    int heads = fields.size(headsField);
    fields.check(width % heads == 0, headsField, "a divisor of " + widthField + " " + width);
    return new Dimensions(
        width, heads, heads, width / heads, fields.positiveNumber("initializer_range", 0.02));
  }

  /** The same with that many heads of keys and values. */
  public Dimensions withKeyValueHeads(int count) {
    return new Dimensions(width, heads, count, headSize, deviation);
  }

  /** The same with another deviation of new weights. */
  public Dimensions withDeviation(double value) {
    return new Dimensions(width, heads, keyValueHeads, headSize, value);
  }

  /** The features of all queries of a token. */
  public long queries() {
    return (long) heads * headSize;
  }

  /** The features of all keys of a token. */
  public long keys() {
    return (long) keyValueHeads * headSize;
  }

  public LinearPart linear(String name, SiteRole role, long in, long out, boolean bias) {
    return LinearPart.of(name, role, in, out, bias, deviation);
  }

  /** The table of token embeddings. */
  public EmbeddingPart tokens(String name, int vocabulary) {
    return EmbeddingPart.of(name, SiteRole.TOKEN_EMBEDDING, vocabulary, width, deviation);
  }

  /** The table of position embeddings. */
  public EmbeddingPart positions(String name, long rows) {
    return EmbeddingPart.of(name, SiteRole.POSITION_EMBEDDING, rows, width, deviation);
  }

  /** Where adapters change the output of the module of that name. */
  public Site place(String name) {
    return ResidualPart.place(name, width);
  }

  /** The maps {@code q_proj}, {@code k_proj} and {@code v_proj}. */
  public AttentionPart.Separate separate(String name, boolean bias) {
    return new AttentionPart.Separate(
        linear(name + ".q_proj", SiteRole.QUERY, width, queries(), bias),
        linear(name + ".k_proj", SiteRole.KEY, width, keys(), bias),
        linear(name + ".v_proj", SiteRole.VALUE, width, keys(), bias));
  }

  /** One map to queries, keys and values. */
  public AttentionPart.Fused fused(String name, AttentionPart.Layout layout, boolean bias) {
    long all = queries() + 2 * keys();
    return new AttentionPart.Fused(
        linear(name, SiteRole.QUERY_KEY_VALUE, width, all, bias), layout);
  }

  /** The map from the heads to hidden states. */
  public LinearPart output(String name, boolean bias) {
    return linear(name, SiteRole.ATTENTION_OUTPUT, queries(), width, bias);
  }

  /** Causal attention with scores q·k/√headSize. */
  public AttentionPart attention(
      String name,
      AttentionPart.Projections projections,
      AttentionPart.Positions positions,
      LinearPart output) {
    return AttentionPart.causal(
        name, heads, keyValueHeads, headSize, projections, positions, output);
  }

  /** A feed-forward part without a gate. */
  public FeedForwardPart plain(
      Activation activation, String up, String down, long inner, boolean bias) {
    return new FeedForwardPart(
        activation,
        Optional.empty(),
        linear(up, SiteRole.UP, width, inner, bias),
        linear(down, SiteRole.DOWN, inner, width, bias));
  }
}
