package org.peft4j.lora.eva;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.lowrank.LoraLinear;
import org.peft4j.lora.internal.lowrank.PlainConfig;
import org.peft4j.site.Site;
import org.peft4j.start.FirstValues;

/**
 * EVA (Paischer et al. 2024): A starts with the principal components of its module's inputs, B at
 * zero. Ranks go where components explain most of the variance: of all components of all modules,
 * the ones with the largest shares get the ranks, at most ρ·r in a module. A module without any is
 * left out.
 *
 * <pre>{@code
 * EvaInitialiser eva = new EvaInitialiser(model, name, EvaSettings.DEFAULT);
 * for (INDArray batch : some) {
 *   eva.observe(() -> model.network().output(batch));
 * }
 * eva.apply();
 * }</pre>
 *
 * <p>Components are exact; Hugging Face PEFT approximates them batch by batch.
 */
public final class EvaInitialiser implements FirstValues {
  private final PeftModel<?> model;
  private final String adapter;
  private final EvaSettings settings;
  private final LoraConfig config;
  private final Map<String, LoraLinear> parts = new LinkedHashMap<>();
  private final Map<String, InputMoments> moments = new LinkedHashMap<>();

  /**
   * @param model the model
   * @param adapter a new, active LoRA adapter on linear modules
   * @throws PeftException if it is not such an adapter
   */
  public EvaInitialiser(PeftModel<?> model, String adapter, EvaSettings settings) {
    this.model = model;
    this.adapter = adapter;
    this.settings = settings;
    if (!(model.config(adapter) instanceof LoraConfig own)) {
      throw new PeftException(
          "Adapter \"" + adapter + "\" is of " + model.config(adapter).peftType() + ", not LORA.");
    }
    if (!model.active().contains(adapter)) {
      throw new PeftException("Adapter \"" + adapter + "\" is not active; EVA needs its inputs.");
    }
    config = own;
    for (Adapter part : model.adapter(adapter).parts()) {
      if (part instanceof TrainableCopy) {
        continue; // A head that trains whole begins as it is.
      }
      if (!(part instanceof LoraLinear linear) || linear.shape().bias()) {
        throw new PeftException(
            "EVA is for plain LoRA on linear modules; "
                + part.site().name()
                + " has something else.");
      }
      parts.put(part.site().name(), linear);
      moments.put(part.site().name(), new InputMoments(part.site().inputs()));
    }
  }

  /** Records the inputs in the forward passes of {@code forward}, every row. */
  public void observe(Runnable forward) {
    observe(forward, null);
  }

  /** Like {@link #observe(Runnable)}, for some rows only, such as tokens with a label. */
  @Override
  public void observe(Runnable forward, boolean @Nullable [] rows) {
    try (var scope = model.training().observingInputs((site, x) -> add(site, x, rows))) {
      forward.run();
    }
  }

  private void add(Site site, INDArray x, boolean @Nullable [] rows) {
    InputMoments own = moments.get(site.name());
    if (own == null) {
      return;
    }
    if (rows == null) {
      own.add(x);
      return;
    }
    if (rows.length != x.size(0)) {
      throw new PeftException(
          rows.length + " rows are marked, but " + site.name() + " got " + x.size(0) + ".");
    }
    int[] chosen = IntStream.range(0, rows.length).filter(i -> rows[i]).toArray();
    INDArray kept = Nd4j.create(x.dataType(), chosen.length, x.size(1));
    for (int i = 0; i < chosen.length; i++) {
      kept.putRow(i, x.getRow(chosen[i]));
    }
    own.add(kept);
  }

  private record Candidate(String site, double ratio) {}

  /** Gives the adapter its ranks and values; its config says {@code eva}. */
  @Override
  public void apply() {
    Map<String, InputMoments.Components> components = new LinkedHashMap<>();
    List<Candidate> candidates = new ArrayList<>();
    int budget = 0;
    for (LoraLinear part : parts.values()) {
      int rank = part.shape().rank();
      int most = (int) Math.round(rank * settings.rho());
      String site = part.site().name();
      InputMoments.Components own = of(moments, site).components(site, most);
      components.put(site, own);
      for (double ratio : own.ratios()) {
        candidates.add(new Candidate(site, ratio));
      }
      budget += rank;
    }
    candidates.sort(Comparator.comparingDouble(Candidate::ratio).reversed());
    List<Candidate> chosen = candidates.subList(0, Math.min(budget, candidates.size()));
    List<PlainConfig.Target> targets = new ArrayList<>();
    Map<String, INDArray> values = copies();
    parts.forEach(
        (site, part) -> {
          int rank = (int) chosen.stream().filter(c -> c.site().equals(site)).count();
          if (rank > 0) {
            targets.add(target(part, rank));
            values.put(
                "base_model.model." + site + "." + LoraLinear.A, first(of(components, site), rank));
            values.put(
                "base_model.model." + site + "." + LoraLinear.B,
                Nd4j.zeros(DataType.DOUBLE, part.site().outputs(), rank));
          }
        });
    LoraConfig found = PlainConfig.of(config, targets, false);
    model.adapter(adapter).redefine(found.toBuilder().init(LoraInit.EVA).build(), values);
  }

  /** The values of what trains whole, by key. */
  private Map<String, INDArray> copies() {
    Map<String, INDArray> copies = new LinkedHashMap<>(model.adapter(adapter).tensors());
    copies.keySet().removeIf(key -> key.endsWith(LoraLinear.A) || key.endsWith(LoraLinear.B));
    copies.replaceAll((key, value) -> value.dup());
    return copies;
  }

  private static <T> T of(Map<String, T> map, String site) {
    T value = map.get(site);
    if (value == null) {
      throw new IllegalStateException(site);
    }
    return value;
  }

  private PlainConfig.Target target(LoraLinear part, int rank) {
    int old = part.shape().rank();
    double alpha = part.shape().scale() * (config.rslora() ? Math.sqrt(old) : old);
    double adjusted = settings.adjustScaling() ? alpha * rank / old : alpha;
    double scale = adjusted / (config.rslora() ? Math.sqrt(rank) : rank);
    return new PlainConfig.Target(part.site().name(), rank, scale * rank);
  }

  private INDArray first(InputMoments.Components found, int rank) {
    INDArray a = found.components().get(NDArrayIndex.interval(0, rank), NDArrayIndex.all()).dup();
    for (int i = 0; settings.whiten() && i < rank; i++) {
      a.getRow(i).divi(Math.sqrt(found.values()[i]));
    }
    return a;
  }
}
