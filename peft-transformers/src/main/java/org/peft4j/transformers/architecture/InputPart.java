package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * Maps token ids to the first hidden states: {@code last(norm(projection(multiplier·tokens[id]) +
 * positions[p] + types[t]))}.
 *
 * @param multiplier the factor of token embeddings, 1 or √width
 * @param promptsScaled whether it is the factor of virtual tokens too: Granite. In Gemma the table
 *     applies it, which virtual tokens bypass
 * @param projection from the embeddings' width to the blocks', before positions: OPT-350m
 * @param positions learnt positions
 * @param types embeddings of token types, of the first or the second sentence; BERT
 * @param norm of the sum
 * @param last from the embeddings' width to the blocks', after the norm: ELECTRA, ALBERT
 * @param prompt the site before the first embedding of a sequence; empty for a decoder that reads
 *     an encoder, whose own input has the model's only one
 */
public record InputPart(
    EmbeddingPart tokens,
    double multiplier,
    boolean promptsScaled,
    Optional<LinearPart> projection,
    Optional<PositionPart> positions,
    Optional<EmbeddingPart> types,
    Optional<NormPart> norm,
    Optional<LinearPart> last,
    Optional<Site> prompt)
    implements StackInput {
  /** The name of the site before the first embedding of a sequence. */
  private static final String PROMPT = "prompt_encoder";

  /** Token embeddings only. */
  public static InputPart of(EmbeddingPart tokens) {
    Site prompt = Site.place(PROMPT, PROMPT, SiteKind.PROMPT, 0, tokens.width());
    return new InputPart(
        tokens,
        1,
        false,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(prompt));
  }

  /** The same with another table of tokens. */
  public InputPart withTokens(EmbeddingPart value) {
    return new InputPart(
        value, multiplier, promptsScaled, projection, positions, types, norm, last, prompt);
  }

  /** The same without a site of prompts. */
  public InputPart withoutPrompt() {
    return new InputPart(
        tokens,
        multiplier,
        promptsScaled,
        projection,
        positions,
        types,
        norm,
        last,
        Optional.empty());
  }

  /** The same with learnt positions. */
  public InputPart withPositions(PositionPart value) {
    return new InputPart(
        tokens,
        multiplier,
        promptsScaled,
        projection,
        Optional.of(value),
        types,
        norm,
        last,
        prompt);
  }

  /** The same with a map from the embeddings' width to the blocks'. */
  public InputPart withProjection(LinearPart value) {
    return new InputPart(
        tokens,
        multiplier,
        promptsScaled,
        Optional.of(value),
        positions,
        types,
        norm,
        last,
        prompt);
  }

  /** The same with that factor of embeddings. */
  public InputPart withMultiplier(double value, boolean ofPrompts) {
    return new InputPart(
        tokens, value, ofPrompts, projection, positions, types, norm, last, prompt);
  }

  /** The same with a norm of the sum. */
  public InputPart withNorm(NormPart value) {
    return new InputPart(
        tokens,
        multiplier,
        promptsScaled,
        projection,
        positions,
        types,
        Optional.of(value),
        last,
        prompt);
  }

  /** The same with embeddings of token types. */
  public InputPart withTypes(EmbeddingPart value) {
    return new InputPart(
        tokens,
        multiplier,
        promptsScaled,
        projection,
        positions,
        Optional.of(value),
        norm,
        last,
        prompt);
  }

  /** The same with a map after the norm to the blocks' width. */
  public InputPart withLast(LinearPart value) {
    return new InputPart(
        tokens,
        multiplier,
        promptsScaled,
        projection,
        positions,
        types,
        norm,
        Optional.of(value),
        prompt);
  }

  @Override
  public long width() {
    return last.map(LinearPart::outputs).orElse(innerWidth());
  }

  /** The width of the sum of embeddings. */
  public long innerWidth() {
    return projection.map(LinearPart::outputs).orElse(tokens.width());
  }

  @Override
  public Optional<EmbeddingPart> table() {
    return Optional.of(tokens);
  }

  @Override
  public List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>();
    modules.add(tokens);
    projection.ifPresent(modules::add);
    positions.map(PositionPart::table).ifPresent(modules::add);
    types.ifPresent(modules::add);
    norm.ifPresent(modules::add);
    last.ifPresent(modules::add);
    return modules;
  }

  @Override
  public List<Site> sites() {
    List<Site> sites = new ArrayList<>(modules().stream().map(ModulePart::site).toList());
    prompt.ifPresent(sites::add);
    return List.copyOf(sites);
  }
}
