package org.peft4j.lora.internal.combine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.internal.algebra.PrincipalParts;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.lora.internal.lowrank.PlainConfig;
import org.peft4j.method.Combination;
import org.peft4j.method.Combination.Type;
import org.peft4j.method.PeftMethod.Saved;
import org.peft4j.method.PeftMethod.Source;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;

/**
 * Sums LoRA adapters site by site; an adapter without a site adds nothing there. The result is an
 * ordinary LoRA with scale 1, whatever the sources' ranks, alphas and scales.
 */
public final class WeightedSum {
  private final List<Source<LoraConfig>> sources;
  private final Combination how;
  private final Draw draw;
  private final Map<String, INDArray> tensors = new LinkedHashMap<>();
  private final List<PlainConfig.Target> targets = new ArrayList<>();
  private int largestRank;

  private record Term(LowRankPart part, Tensors tensors, INDArray a, INDArray b, double weight) {}

  /**
   * @param sources the adapters to add
   * @param how the type of sum
   */
  public WeightedSum(List<Source<LoraConfig>> sources, Combination how) {
    this(sources, how, Draw.seeded(how));
  }

  /** The same, with the choice of randomly kept entries. */
  WeightedSum(List<Source<LoraConfig>> sources, Combination how, Draw draw) {
    this.sources = sources;
    this.how = how;
    this.draw = draw;
  }

  /**
   * The sum.
   *
   * @throws PeftException if an adapter is more than B·A, or ranks that must be equal are not
   */
  public Saved<LoraConfig> saved() {
    boolean bias = sources.stream().anyMatch(source -> source.config().loraBias());
    Map<Site, List<Term>> bySite = terms();
    bySite
        .values()
        .forEach(
            terms -> terms.forEach(t -> largestRank = Math.max(largestRank, (int) t.a().size(0))));
    bySite.forEach((site, terms) -> add(site, terms, bias));
    LoraConfig config = PlainConfig.of(sources.get(0).config(), targets, bias);
    return new Saved<>(config, tensors);
  }

  private Map<Site, List<Term>> terms() {
    Map<Site, List<Term>> terms = new LinkedHashMap<>();
    for (Source<LoraConfig> source : sources) {
      for (Adapter adapter : source.parts()) {
        if (!(adapter instanceof LowRankPart part)) {
          throw new PeftException(
              "Adapter \""
                  + source.name()
                  + "\" is more than B·A at "
                  + adapter.site().name()
                  + "; only plain LoRA, without its own biases and modules, can be combined.");
        }
        Tensors own = tensors(part, source.tensors());
        LowRankPart.Factors factors = part.factors(own);
        double weight = source.weight() * part.shape().scale();
        terms
            .computeIfAbsent(part.site(), s -> new ArrayList<>())
            .add(new Term(part, own, factors.a(), factors.b(), weight));
      }
    }
    return terms;
  }

  private static Tensors tensors(LowRankPart part, Map<String, INDArray> all) {
    Map<String, INDArray> own = new LinkedHashMap<>();
    for (ParameterSpec spec : part.parameters()) {
      INDArray tensor = all.get(part.key(spec));
      if (tensor == null) {
        throw new IllegalArgumentException("No tensor " + part.key(spec));
      }
      own.put(spec.name(), tensor);
    }
    return new Tensors(own);
  }

  private void add(Site site, List<Term> terms, boolean bias) {
    LowRankPart.Factors sum =
        how.type() == Type.CAT
            ? beside(terms)
            : how.type().svd() ? principal(site, terms) : factorwise(site, terms);
    LowRankPart part = terms.get(0).part();
    int rank = (int) sum.a().size(0);
    targets.add(new PlainConfig.Target(site.name(), rank, rank));
    String prefix = "base_model.model." + site.name() + ".";
    tensors.put(prefix + part.nameOfA(), shaped(sum.a(), site, true));
    tensors.put(prefix + part.nameOfB(), shaped(sum.b(), site, false));
    if (bias && site.kind() == SiteKind.LINEAR) {
      tensors.put(prefix + LoraLinear.BIAS, bias(site, terms));
    }
  }

  private static INDArray shaped(INDArray matrix, Site site, boolean isA) {
    if (site.kind() != SiteKind.CONVOLUTION) {
      return matrix;
    }
    List<Long> shape = new ArrayList<>();
    shape.add(matrix.size(0));
    shape.add(isA ? site.inputs() : matrix.size(1));
    site.kernel().forEach(extent -> shape.add(isA ? extent : 1L));
    return matrix.reshape('c', shape.stream().mapToLong(Long::longValue).toArray());
  }

  private static INDArray bias(Site site, List<Term> terms) {
    INDArray sum = Nd4j.zeros(DataType.DOUBLE, site.outputs());
    for (Term term : terms) {
      INDArray own = term.tensors().asMap().get(LoraLinear.BIAS);
      if (own != null) {
        sum.addi(own.castTo(DataType.DOUBLE).mul(term.weight()));
      }
    }
    return sum;
  }

  private static LowRankPart.Factors beside(List<Term> terms) {
    INDArray[] a = terms.stream().map(t -> t.a().mul(t.weight())).toArray(INDArray[]::new);
    INDArray[] b = terms.stream().map(Term::b).toArray(INDArray[]::new);
    return new LowRankPart.Factors(Nd4j.concat(0, a), Nd4j.concat(1, b));
  }

  private LowRankPart.Factors factorwise(Site site, List<Term> terms) {
    if (terms.stream().mapToLong(t -> t.a().size(0)).distinct().count() > 1) {
      throw new PeftException(
          how.type()
              + " adds A and B separately, so ranks must be equal; at "
              + site.name()
              + " they are "
              + Arrays.toString(terms.stream().mapToLong(t -> t.a().size(0)).toArray())
              + ". Take "
              + Type.CAT
              + " or "
              + Type.SVD
              + ".");
    }
    List<Double> roots = terms.stream().map(t -> Math.sqrt(Math.abs(t.weight()))).toList();
    List<Double> signed = new ArrayList<>();
    for (int i = 0; i < roots.size(); i++) {
      signed.add(terms.get(i).weight() >= 0 ? roots.get(i) : -roots.get(i));
    }
    return new LowRankPart.Factors(
        new EntrySum(how, draw, site.name() + ".A")
            .of(terms.stream().map(Term::a).toList(), signed),
        new EntrySum(how, draw, site.name() + ".B")
            .of(terms.stream().map(Term::b).toList(), roots));
  }

  private LowRankPart.Factors principal(Site site, List<Term> terms) {
    int rank = how.rank().orElse(largestRank);
    int parts = (int) Math.min(rank, Math.min(terms.get(0).b().size(0), terms.get(0).a().size(1)));
    PrincipalParts sum;
    if (how.type() == Type.SVD) {
      LowRankPart.Factors exact = beside(terms);
      sum = PrincipalParts.ofProduct(exact.b(), exact.a(), parts);
    } else {
      // Hugging Face PEFT prunes each change including its scale, and weights it afterwards.
      List<INDArray> changes =
          terms.stream().map(t -> t.b().mmul(t.a()).muli(t.part().shape().scale())).toList();
      List<Double> weights =
          terms.stream().map(t -> t.weight() / t.part().shape().scale()).toList();
      sum = PrincipalParts.of(new EntrySum(how, draw, site.name()).of(changes, weights), parts);
    }
    INDArray a = padded(sum.right(), rank, sum.right().size(1));
    INDArray b = padded(sum.left(), sum.left().size(0), rank);
    how.clamp().ifPresent(quantile -> clamp(a, b, quantile));
    return new LowRankPart.Factors(a, b);
  }

  private static INDArray padded(INDArray matrix, long rows, long columns) {
    INDArray padded = Nd4j.zeros(DataType.DOUBLE, rows, columns);
    padded
        .get(NDArrayIndex.interval(0, matrix.size(0)), NDArrayIndex.interval(0, matrix.size(1)))
        .assign(matrix);
    return padded;
  }

  /** Clamps entries to a quantile of all of them, interpolated, and to its negative. */
  private static void clamp(INDArray a, INDArray b, double quantile) {
    double[] all = new double[Math.toIntExact(a.length() + b.length())];
    System.arraycopy(a.dup('c').data().asDouble(), 0, all, 0, (int) a.length());
    System.arraycopy(b.dup('c').data().asDouble(), 0, all, (int) a.length(), (int) b.length());
    Arrays.sort(all);
    double at = quantile * (all.length - 1);
    int below = (int) Math.floor(at);
    double next = all[Math.min(below + 1, all.length - 1)];
    double bound = all[below] + (at - below) * (next - all[below]);
    for (INDArray each : List.of(a, b)) {
      each.assign(Transforms.max(each, -bound));
      each.assign(Transforms.min(each, bound));
    }
  }
}
