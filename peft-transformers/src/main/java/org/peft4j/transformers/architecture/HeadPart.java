package org.peft4j.transformers.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;

/** What is made of the hidden states of the body: logits, or features. */
public sealed interface HeadPart
    permits HeadPart.Output, HeadPart.Features, HeadPart.Vector, HeadPart.Pairs {
  /** Its dense layers, in the order of the forward pass. */
  default List<DensePart> dense() {
    return List.of();
  }

  /** Whether the map's matrix is the table of token embeddings. */
  default boolean tied() {
    return false;
  }

  /** The key in checkpoints of constants that are added to the logits; empty without any. */
  default Optional<String> constants() {
    return Optional.empty();
  }

  /** The classes; empty for a language model and for spans. */
  default Optional<Labels> labels() {
    return Optional.empty();
  }

  /** Its modules, in the order of the forward pass. */
  default List<ModulePart> modules() {
    List<ModulePart> modules = new ArrayList<>();
    dense().forEach(layer -> modules.addAll(layer.modules()));
    return modules;
  }

  /** The sites of its modules. */
  default List<Site> sites() {
    return modules().stream().map(ModulePart::site).toList();
  }

  /** A matrix to logits, [out, in] in checkpoints. */
  static LinearPart output(String name, long in, long out, boolean bias, double deviation) {
    return LinearPart.of(name, SiteRole.HEAD, in, out, bias, deviation);
  }

  /** Dense layers or none, then a linear map to logits. */
  sealed interface Output extends HeadPart permits Language, Sequence, Tokens, Span {
    /** The map to logits. */
    LinearPart linear();

    /**
     * The name of the layer that computes it: {@code lm_head}, {@code score}, {@code classifier}.
     */
    default String name() {
      return module();
    }

    /** The module of the map to logits, or the one around it and the dense layers. */
    default String module() {
      String path = linear().site().name();
      return path.contains(".") ? path.substring(0, path.indexOf('.')) : path;
    }

    /** The width of the hidden states. */
    default long inputs() {
      return dense().isEmpty() ? linear().inputs() : dense().get(0).linear().inputs();
    }

    /** The width of the logits. */
    default int outputs() {
      return Math.toIntExact(linear().outputs());
    }

    @Override
    default List<ModulePart> modules() {
      List<ModulePart> modules = new ArrayList<>(HeadPart.super.modules());
      modules.add(linear());
      return modules;
    }
  }

  /**
   * The hidden states themselves.
   *
   * @param pooler a dense layer on the first position, if the family has one: BERT's
   */
  record Features(Optional<DensePart> pooler) implements HeadPart {
    @Override
    public List<DensePart> dense() {
      return pooler.stream().toList();
    }
  }

  /**
   * The hidden states, and a vector of each input: {@code projection(norm(h[position]))}. CLIP.
   *
   * @param name what transformers calls it where it is projected: {@code text_embeds}
   * @param endOfText the token at whose first position the vector is read; 2 means the largest id,
   *     as in configs of before; empty for the first position
   * @param norm of the hidden state
   * @param projection without a bias
   */
  record Vector(
      String name, OptionalInt endOfText, Optional<NormPart> norm, Optional<LinearPart> projection)
      implements HeadPart {
    /** The id of configs that do not say which token ends a text. */
    private static final int LARGEST = 2;

    @Override
    public List<ModulePart> modules() {
      List<ModulePart> modules = new ArrayList<>();
      norm.ifPresent(modules::add);
      projection.ifPresent(modules::add);
      return modules;
    }

    /**
     * The position whose hidden state is read; 0 where the token is missing, as in transformers.
     *
     * @param ids of one text
     */
    public int position(int... ids) {
      if (endOfText.isEmpty()) {
        return 0;
      }
      int end = endOfText.getAsInt();
      int wanted = end == LARGEST ? IntStream.of(ids).max().orElse(0) : end;
      return IntStream.range(0, ids.length).filter(i -> ids[i] == wanted).findFirst().orElse(0);
    }
  }

  /**
   * How well texts and pictures go together: logits [texts, pictures], {@code exp(scale)·cos(text,
   * picture)} of their vectors. CLIP.
   */
  record Pairs(Vector text, Vector pictures, Scale scale) implements HeadPart {
    /** The name of the layer that computes it. */
    public static final String NAME = "logits_per_text";

    @Override
    public List<ModulePart> modules() {
      List<ModulePart> modules = new ArrayList<>(text.modules());
      modules.addAll(pictures.modules());
      modules.add(scale);
      return modules;
    }
  }

  /**
   * The logarithm of a factor, which never trains.
   *
   * @param site whose one parameter has no name of its own
   * @param first the value of a new one
   */
  record Scale(Site site, double first) implements ModulePart {
    /** A factor of that key. */
    public static Scale of(String key, double first) {
      List<SiteParameter> value = List.of(SiteParameter.weight(""));
      return new Scale(Site.parameters(key, key, SiteKind.PARAMETERS, value), first);
    }
  }

  /**
   * The next token: {@code logits = cap(W·(multiplier·h) (+ b) + constants)} at each position.
   *
   * @param tied whether the matrix is the table of token embeddings
   * @param multiplier the factor of the hidden states
   * @param softCap c of {@code cap(z) = c·tanh(z/c)}
   * @param constants the key in checkpoints of numbers that never train, [1, outputs]; a file may
   *     leave them out, and they are 0 then: BART's {@code final_logits_bias}
   * @param dense layers before the output: BLIP
   * @param smoothing ε of the loss where the config says it: BLIP
   */
  record Language(
      LinearPart linear,
      boolean tied,
      double multiplier,
      OptionalDouble softCap,
      Optional<String> constants,
      List<DensePart> dense,
      double smoothing)
      implements Output {
    public Language {
      dense = List.copyOf(dense);
    }

    /** Logits of the hidden states themselves, with the loss as it is. */
    public Language(
        LinearPart linear,
        boolean tied,
        double multiplier,
        OptionalDouble softCap,
        Optional<String> constants) {
      this(linear, tied, multiplier, softCap, constants, List.of(), 0);
    }

    /** Logits to which nothing is added. */
    public Language(LinearPart linear, boolean tied, double multiplier, OptionalDouble softCap) {
      this(linear, tied, multiplier, softCap, Optional.empty());
    }

    /** A matrix without bias. */
    public static Language of(String name, long in, long out, boolean tied, double deviation) {
      LinearPart linear = output(name, in, out, false, deviation);
      return new Language(linear, tied, 1, OptionalDouble.empty());
    }

    /** The same with a matrix of its own. */
    public Language untied() {
      return new Language(linear, false, multiplier, softCap, constants, dense, smoothing);
    }

    /** The same, which adapters of before know as {@code other}. */
    public Language formerly(String other) {
      return new Language(
          linear.formerly(other), tied, multiplier, softCap, constants, dense, smoothing);
    }

    /** The same with constants of that key added to the logits. */
    public Language adding(String key) {
      return new Language(linear, tied, multiplier, softCap, Optional.of(key), dense, smoothing);
    }
  }

  /**
   * Labels of a sequence: logits [batch, labels] of one hidden state.
   *
   * @param position the hidden state
   * @param classes the name of each output
   */
  record Sequence(
      Position position,
      List<DensePart> dense,
      LinearPart linear,
      Labels classes,
      ProblemType problem)
      implements Output {
    public Sequence {
      dense = List.copyOf(dense);
    }

    @Override
    public Optional<Labels> labels() {
      return Optional.of(classes);
    }
  }

  /** The hidden state that the head of a sequence reads. */
  enum Position {
    /** The first position's: {@code [CLS]}. */
    FIRST,
    /** The last position's whose mask is not 0. */
    LAST,
    /** The mean over the positions whose mask is not 0. */
    MEAN,
    /**
     * The last position where a token of the input ends a text: the decoder's, behind an encoder.
     */
    END
  }

  /** A class for each token: logits [batch, time, labels]. */
  record Tokens(List<DensePart> dense, LinearPart linear, Labels classes) implements Output {
    public Tokens {
      dense = List.copyOf(dense);
    }

    @Override
    public Optional<Labels> labels() {
      return Optional.of(classes);
    }
  }

  /**
   * Where an answer begins and ends: two logits for each token, [batch, time, 2]. The layer that
   * computes them is {@value #NAME}, whatever its modules are called.
   */
  record Span(List<DensePart> dense, LinearPart linear) implements Output {
    /** The name of the layer. */
    public static final String NAME = "qa_outputs";

    public Span {
      dense = List.copyOf(dense);
      if (linear.outputs() != 2) {
        throw new IllegalArgumentException(
            linear.site().name() + " has " + linear.outputs() + " outputs; a span's head has 2.");
      }
    }

    @Override
    public String name() {
      return NAME;
    }
  }
}
