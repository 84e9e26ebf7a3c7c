package org.peft4j.transformers.plan;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.Peft;
import org.peft4j.config.PeftConfig;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.ModelOutline;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.Precision;
import org.peft4j.transformers.config.ModelConfig;

/** Plans transformers by their {@code config.json} alone: no weight is read, no array made. */
public final class TransformerPlanner {
  private static final int HALF = DataType.BFLOAT16.width();
  private static final int SINGLE = DataType.FLOAT.width();

  /** The path of a block is all up to the first number in that of a module. */
  private static final Pattern BLOCK = Pattern.compile("(.*?\\.\\d+)\\..*");

  private final Architecture architecture;
  private final List<Site> sites;

  private TransformerPlanner(Architecture architecture) {
    this.architecture = architecture;
    this.sites = architecture.sites();
  }

  /**
   * Plans for a {@code config.json}.
   *
   * @param path the file, or a folder that it is in
   * @throws org.peft4j.error.PeftException if there is no such file, its family is not known, or
   *     the config is impossible for the model
   */
  public static TransformerPlan plan(Path path, PeftConfig config, TrainingBatch batch) {
    return new TransformerPlanner(Architecture.read(path)).plan(config, batch);
  }

  /** Plans for a causal language model. */
  public static TransformerPlan plan(ModelConfig model, PeftConfig config, TrainingBatch batch) {
    return new TransformerPlanner(new CausalArchitecture(model)).plan(config, batch);
  }

  private TransformerPlan plan(PeftConfig config, TrainingBatch batch) {
    Map<Precision, Long> weights =
        Map.of(
            Precision.FP32,
            sum(parameter -> SINGLE),
            Precision.BF16,
            sum(parameter -> parameter.shape().size() > 1 ? HALF : SINGLE));
    ModelOutline outline =
        new ModelOutline(
            sites,
            architecture.heads(),
            architecture.tied(),
            Optional.of(architecture.modelType()),
            sum(parameter -> 1),
            sum(parameter -> SINGLE),
            DataType.FLOAT);
    AdapterPlan adapter = Peft.plan(outline, config);
    ActivationMemory activations = activations(adapter, batch);
    return new TransformerPlan(
        architecture.modelType(),
        architecture.runs(),
        adapter.withActivations(activations.plain()),
        batch,
        weights,
        activations);
  }

  /** The sum over all elements, those of tied parameters once. */
  private long sum(ToIntFunction<SiteParameter> each) {
    return sites.stream()
        .filter(site -> !architecture.tied().contains(site.name()))
        .flatMap(site -> site.parameters().stream())
        .mapToLong(parameter -> parameter.count() * each.applyAsInt(parameter))
        .sum();
  }

  private ActivationMemory activations(AdapterPlan adapter, TrainingBatch batch) {
    Set<String> adapted = new HashSet<>();
    adapter.sites().forEach(site -> adapted.add(site.name()));
    boolean onHead = architecture.heads().stream().anyMatch(adapted::contains);
    return architecture.step(batch).bytes(blocksFrom(adapted), onHead, SINGLE);
  }

  /** How many blocks there are from the first adapted site on. */
  private int blocksFrom(Set<String> adapted) {
    Set<String> blocks = new HashSet<>();
    sites.stream()
        .dropWhile(site -> !adapted.contains(site.name()))
        .map(site -> BLOCK.matcher(site.name()))
        .filter(Matcher::matches)
        .forEach(match -> blocks.add(match.group(1)));
    return blocks.size();
  }
}
