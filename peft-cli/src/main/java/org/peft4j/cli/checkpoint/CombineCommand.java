package org.peft4j.cli.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.Output;
import org.peft4j.cli.options.WeightedFolder;
import org.peft4j.error.PeftException;
import org.peft4j.method.Combination;
import org.peft4j.transformers.TransformerOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code peft combine}: a weighted sum of adapters as a new adapter. */
@Command(
    name = "combine",
    customSynopsis =
        "peft combine --model DIR --adapter DIR[=W]... --output DIR [--type TYPE] [OPTION]...",
    header = "Write a weighted sum of adapters of one method as a new adapter.",
    description =
        "cat is exact; svd is the best approximation of a given rank; the other types prune the"
            + " adapters first, or add their factors separately.",
    footer = {
      "",
      "Example:",
      "  peft combine --model my-model --adapter a=0.7 --adapter b=0.3 --type ties --density 0.5 \\",
      "    --output both"
    })
public final class CombineCommand implements Runnable {
  private static final String COMBINED = "combined";

  /** Python's names, in any case and with either sign between words. */
  static final class Type implements ITypeConverter<Combination.Type> {
    @Override
    public Combination.Type convert(String text) {
      String name = text.toUpperCase(Locale.ROOT).replace('-', '_');
      for (Combination.Type type : Combination.Type.values()) {
        if (type.name().equals(name)) {
          return type;
        }
      }
      throw new TypeConversionException(
          "it is " + text + "; allowed: " + List.of(Combination.Type.values()));
    }
  }

  @Spec @Nullable CommandSpec spec;

  @Option(
      names = {"-m", "--model"},
      required = true,
      paramLabel = "DIR",
      description = "Folder of the adapters' base model, a Hugging Face checkpoint.")
  Path model = Path.of("");

  @Option(
      names = {"-a", "--adapter"},
      required = true,
      paramLabel = "DIR[=W]",
      converter = WeightedFolder.Converter.class,
      description = "Folder of an adapter and its weight, of any sign (default: 1). Repeatable.")
  List<WeightedFolder> adapters = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "DIR",
      description = "Folder for the new adapter.")
  Path output = Path.of("");

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      converter = Type.class,
      description =
          "linear, cat, svd, ties, ties_svd, dare_linear, dare_ties, dare_linear_svd,"
              + " dare_ties_svd, magnitude_prune or magnitude_prune_svd, as in Python's PEFT"
              + " (default: cat).")
  Combination.Type type = Combination.Type.CAT;

  @Option(
      names = "--density",
      paramLabel = "X",
      description = "The share of entries that pruning keeps; types that prune need it.")
  Optional<Double> density = Optional.empty();

  @Option(
      names = "--majority",
      paramLabel = "NAME",
      description =
          "How ties finds the majority's sign: total (of the sum) or frequency (default: total).")
  Combination.Majority majority = Combination.Majority.TOTAL;

  @Option(
      names = "--rank",
      paramLabel = "R",
      description = "Rank of the result of an svd (default: the adapters' largest).")
  Optional<Integer> rank = Optional.empty();

  @Option(
      names = "--clamp",
      paramLabel = "X",
      description =
          "Quantile at which the entries of an svd's factors are cut off (default: none).")
  Optional<Double> clamp = Optional.empty();

  @Option(names = "--seed", paramLabel = "N", description = "Seed of random pruning (default: 0).")
  long seed;

  @Override
  public void run() {
    Combination how = how();
    how.requireComplete();
    List<WeightedFolder> whole =
        adapters.stream().map(each -> new WeightedFolder(each.folder(), 1)).toList();
    List<Double> weights = adapters.stream().map(WeightedFolder::weight).toList();
    try (OpenModel open = OpenModel.of(model, whole, TransformerOptions.defaults())) {
      PeftModel<ComputationGraph> wrapped = open.wrapped().orElseThrow();
      wrapped.addWeightedAdapter(wrapped.adapters(), weights, COMBINED, how);
      wrapped.save(COMBINED, output);
      Output.of(spec).println(type + " of " + adapters.size() + " adapters saved in " + output);
    }
  }

  private Combination how() {
    Combination how = Combination.of(type).majority(majority).seed(seed);
    how = density.map(how::density).orElse(how);
    if (!type.svd() && (rank.isPresent() || clamp.isPresent())) {
      throw new PeftException(
          "--rank and --clamp are for svd types; --type is " + type + ". Leave them out.");
    }
    how = rank.map(how::rank).orElse(how);
    return clamp.map(how::clamp).orElse(how);
  }
}
