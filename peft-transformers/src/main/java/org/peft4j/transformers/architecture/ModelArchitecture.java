package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.peft4j.config.CommonConfig;
import org.peft4j.site.Site;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.config.Task;

/**
 * A model: a body and a head. It has no dropout: a frozen model runs without.
 *
 * @param names the names in its checkpoints
 * @param maxPositions the longest sequence that the model was made for
 * @param encoder the encoder that the cross-attention of the body reads; empty for most families
 * @param beside a stack that reads pictures beside the body: CLIP; empty for most families
 * @param body the stack whose output the head reads: the decoder of an encoder-decoder
 * @param head maps the output of the body to logits
 */
public record ModelArchitecture(
    CheckpointNames names,
    int maxPositions,
    SpecialTokens tokens,
    Optional<StackPart> encoder,
    Optional<StackPart> beside,
    StackPart body,
    HeadPart head) {
  /** A model without a stack beside its body. */
  public ModelArchitecture(
      CheckpointNames names,
      int maxPositions,
      SpecialTokens tokens,
      Optional<StackPart> encoder,
      StackPart body,
      HeadPart head) {
    this(names, maxPositions, tokens, encoder, Optional.empty(), body, head);
  }

  /** The {@code model_type} of its {@code config.json}. */
  public String modelType() {
    return names.modelType();
  }

  /** What it is for, by its head. */
  public Task task() {
    if (head instanceof HeadPart.Sequence) {
      return readsText() ? Task.SEQ_CLS : Task.IMAGE_CLASSIFICATION;
    }
    if (head instanceof HeadPart.Tokens) {
      return Task.TOKEN_CLS;
    }
    if (head instanceof HeadPart.Span) {
      return Task.QUESTION_ANS;
    }
    if (head instanceof HeadPart.Features || head instanceof HeadPart.Vector) {
      return Task.FEATURE_EXTRACTION;
    }
    if (head instanceof HeadPart.Pairs) {
      return Task.IMAGE_TEXT;
    }
    if (encoder.isPresent() && pictures().isPresent()) {
      return Task.IMAGE_TO_TEXT;
    }
    return encoder.isPresent() ? Task.SEQ_2_SEQ_LM : Task.CAUSAL_LM;
  }

  /**
   * Whether its decoder reads ids of its own, {@code decoder_input_ids}. Under other heads than a
   * language model's, the decoder behind an encoder reads the encoder's ids, one position later.
   */
  public boolean takesDecoderIds() {
    return encoder.isPresent() && head instanceof HeadPart.Language;
  }

  /** The classes of sequences or tokens; empty if the head has none. */
  public Optional<Labels> labels() {
    return head.labels();
  }

  /**
   * The module of a head for labels or answers that trains only where {@code modules_to_save} names
   * it: Hugging Face PEFT's task trains modules of other names, or there is none, for pictures.
   * Empty for a head that its task trains, and for other heads.
   */
  public Optional<String> headToSave() {
    return head instanceof HeadPart.Output output && !(head instanceof HeadPart.Language)
        ? Optional.of(output.module())
            .filter(name -> !CommonConfig.headsOf(task().name()).contains(name))
        : Optional.empty();
  }

  /** The matrix of a head that is the table of token embeddings; empty if it has its own. */
  public Optional<LinearPart> tiedHead() {
    return head instanceof HeadPart.Language language && language.tied()
        ? Optional.of(language.linear())
        : Optional.empty();
  }

  /** The same with other names in checkpoints. */
  public ModelArchitecture withNames(CheckpointNames other) {
    return new ModelArchitecture(other, maxPositions, tokens, encoder, body, head);
  }

  /** The same with another head. */
  public ModelArchitecture withHead(HeadPart other) {
    return new ModelArchitecture(names, maxPositions, tokens, encoder, beside, body, other);
  }

  /** The same with other embeddings of tokens in each stack. */
  public ModelArchitecture withTokens(UnaryOperator<EmbeddingPart> change) {
    UnaryOperator<StackPart> each =
        stack ->
            stack.input() instanceof InputPart input
                ? stack.withInput(input.withTokens(change.apply(input.tokens())))
                : stack;
    return new ModelArchitecture(
        names, maxPositions, tokens, encoder.map(each), beside, each.apply(body), head);
  }

  /** The tables of tokens of its stacks, in the order of the forward pass. */
  public List<EmbeddingPart> tables() {
    return stacks().stream().flatMap(stack -> stack.input().table().stream()).toList();
  }

  /** The input of pictures, if it has one. */
  public Optional<PatchInput> pictures() {
    return stacks().stream().flatMap(stack -> stack.pictureInput().stream()).findFirst();
  }

  /** Whether it reads texts; a vision model reads pictures alone. */
  public boolean readsText() {
    return !tables().isEmpty();
  }

  /** The number of token embeddings; 0 for a model that reads pictures alone. */
  public int vocabularySize() {
    return body.input().table().map(EmbeddingPart::rows).orElse(0);
  }

  /** The number of token embeddings of the first stack: Marian's encoder may have its own. */
  public int inputVocabularySize() {
    return tables().isEmpty() ? 0 : tables().get(0).rows();
  }

  /** The width of hidden states between blocks. */
  public int hiddenSize() {
    return Math.toIntExact(body.input().width());
  }

  /** The longest text, prompt and answer together. */
  public int longestText() {
    return body.blocks().stream()
        .flatMap(block -> block.attentions().stream())
        .map(AttentionPart::positions)
        .filter(AttentionPart.RotaryPositions.class::isInstance)
        .mapToInt(p -> ((AttentionPart.RotaryPositions) p).rotary().reach(maxPositions))
        .min()
        .orElse(maxPositions);
  }

  /** Its modules in the order of the forward pass, each once, the head last. */
  public List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>();
    stacks().forEach(stack -> modules.addAll(stack.modules()));
    modules.addAll(head.modules());
    Map<String, ModulePart> byName = new LinkedHashMap<>();
    modules.forEach(module -> byName.putIfAbsent(module.site().name(), module));
    return List.copyOf(byName.values());
  }

  /** Every site in the order of the forward pass, each once. */
  public List<Site> sites() {
    List<Site> sites = new ArrayList<>();
    if (head instanceof HeadPart.Pairs pairs) {
      sites.addAll(
          sideBySide(layers(body, pairs.text()), layers(stack(Side.PICTURES), pairs.pictures())));
    } else {
      stacks().forEach(stack -> sites.addAll(stack.sites()));
    }
    sites.addAll(head.sites());
    Map<String, Site> byName = new LinkedHashMap<>();
    sites.forEach(site -> byName.putIfAbsent(site.name(), site));
    return List.copyOf(byName.values());
  }

  /** The sites of each layer of a stack, and of its vector. */
  private static List<List<Site>> layers(StackPart stack, HeadPart.Vector vector) {
    List<List<Site>> layers = new ArrayList<>();
    layers.add(stack.input().sites());
    stack.blocks().forEach(block -> layers.add(block.sites()));
    if (!stack.endSites().isEmpty()) {
      layers.add(stack.endSites());
    }
    layers.add(vector.sites());
    return layers;
  }

  /** Deeplearning4j runs a layer of the one, then one of the other. */
  private static List<Site> sideBySide(List<List<Site>> first, List<List<Site>> second) {
    List<Site> sites = new ArrayList<>();
    for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
      sites.addAll(i < first.size() ? first.get(i) : List.of());
      sites.addAll(i < second.size() ? second.get(i) : List.of());
    }
    return sites;
  }

  /** The number of parameters; a tied head and shared embeddings count once. */
  public long parameterCount() {
    return distinctParameters().stream().mapToLong(each -> each.parameter().count()).sum();
  }

  /**
   * The parameters of its modules, without the matrix of a tied head, and of modules that share a
   * table those of the first.
   */
  public List<ModuleParameter> distinctParameters() {
    Set<String> tables = new HashSet<>();
    return modules().stream()
        .filter(module -> !(module instanceof EmbeddingPart table) || tables.add(table.key()))
        .flatMap(ModuleParameter::of)
        .filter(each -> each.parameter().bias() || !isTied(each.module()))
        .toList();
  }

  private boolean isTied(ModulePart module) {
    return tiedHead().filter(module::equals).isPresent();
  }

  /** The stack of that side; without an encoder, only the body can be asked for. */
  public StackPart stack(Side side) {
    return switch (side) {
      case BODY -> body;
      case ENCODER -> encoder.orElseThrow();
      case PICTURES -> beside.orElseThrow();
    };
  }

  /** Whether it has a stack of that side. */
  public boolean has(Side side) {
    return switch (side) {
      case BODY -> true;
      case ENCODER -> encoder.isPresent();
      case PICTURES -> beside.isPresent();
    };
  }

  /** The encoder, if the body has one to read, the body, and the stack beside it. */
  public List<StackPart> stacks() {
    return Stream.of(encoder, Optional.of(body), beside).flatMap(Optional::stream).toList();
  }

  /** What makes a vector of a stack's hidden states; empty for other heads. */
  public Optional<HeadPart.Vector> vector(Side side) {
    if (head instanceof HeadPart.Pairs pairs) {
      return Optional.of(side == Side.PICTURES ? pairs.pictures() : pairs.text());
    }
    return head instanceof HeadPart.Vector vector ? Optional.of(vector) : Optional.empty();
  }
}
