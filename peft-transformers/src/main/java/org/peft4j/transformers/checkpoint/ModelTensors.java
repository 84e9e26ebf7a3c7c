package org.peft4j.transformers.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.AdapterScope;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.SharingAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.module.SiteLayer;
import org.peft4j.internal.quantized.GroupWeight;
import org.peft4j.internal.quantized.QuantizedWeight;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSink;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.architecture.CheckpointNames;
import org.peft4j.transformers.architecture.EmbeddingPart;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.architecture.LinearPart;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModulePart;
import org.peft4j.transformers.architecture.StackPart;
import org.peft4j.transformers.internal.weights.TensorKeys;

/**
 * The tensors of a loaded model by checkpoint name. Writing merges the adapters, site by site. A
 * head that is the token embedding's table is left out.
 */
final class ModelTensors {
  private static final AdapterScope NOTHING = new AdapterScope(() -> {});

  private final Optional<PeftModel<ComputationGraph>> adapters;
  private final Map<String, SiteLayer> layers = new HashMap<>();
  private final CheckpointNames names;
  private final Path folder;
  private final Set<String> stored;
  private final Set<String> adapted;
  private final Set<String> apart;
  private final boolean tied;
  private final List<CheckpointTensor> all = new ArrayList<>();
  private final QuantizedTensors quantized = new QuantizedTensors();

  /**
   * @param dtype the type of all tensors; empty for each tensor's type in the model's folder
   * @param asHeld whether weights in fewer bits are written so
   */
  ModelTensors(
      TransformerModel model,
      Optional<PeftModel<ComputationGraph>> adapters,
      Optional<DType> dtype,
      boolean asHeld) {
    this.adapters = adapters;
    this.folder = model.folder();
    this.stored = stored(folder);
    this.names = model.architecture().names();
    this.adapted =
        adapters.stream()
            .flatMap(peft -> peft.adaptedSites().stream())
            .map(Site::name)
            .collect(Collectors.toSet());
    ModelArchitecture architecture = model.architecture();
    Optional<LinearPart> head = architecture.tiedHead();
    boolean together = changeTogether(architecture);
    Set<String> changed = together ? Set.of() : apart(architecture);
    this.tied =
        head.isPresent()
            && (together
                || !adapted.contains(head.get().site().name())
                    && !changed.contains(architecture.body().tokenInput().tokens().key()));
    // Where a config unties the head, transformers looks for the table of each stack too.
    this.apart = head.isPresent() && !tied ? sharedTables(architecture, changed) : changed;
    for (Layer layer : model.graph().getLayers()) {
      if (layer instanceof SiteLayer siteLayer) {
        siteLayer.sites().forEach(site -> layers.put(site.name(), siteLayer));
      }
    }
    head.ifPresent(linear -> quantized.skip(linear.site().name()));
    TensorTypes types = dtype.map(TensorTypes::of).orElseGet(() -> TensorTypes.original(model));
    Set<String> written = new HashSet<>();
    for (ModulePart module : architecture.modules()) {
      if (module instanceof EmbeddingPart table && table.shared().isPresent()) {
        SiteParameter parameter = table.site().parameters().get(0);
        if (apart.contains(table.key()) && written.add(table.key())) {
          all.add(unchanged(table, parameter, types)); // What the others would share.
        }
      }
    }
    architecture.head().constants().ifPresent(key -> addStored(model.folder(), key, types));
    if (architecture.stacks().size() > 1) { // A shared table that none reads is looked for too.
      architecture.names().constants().stream()
          .filter(key -> key.endsWith("shared.weight"))
          .filter(key -> architecture.stacks().stream().noneMatch(s -> reads(s, key)))
          .forEach(key -> addStored(model.folder(), key, types));
    }
    for (ModulePart module : architecture.modules()) {
      for (SiteParameter parameter : module.site().parameters()) {
        String name = name(module, parameter);
        boolean left = tied && !parameter.bias() && head.filter(module::equals).isPresent();
        if (!left && written.add(name)) {
          add(module, parameter, name, types, asHeld);
        }
      }
    }
  }

  private void add(
      ModulePart module, SiteParameter parameter, String name, TensorTypes types, boolean asHeld) {
    if (module instanceof HeadPart.Scale) {
      addStored(folder, name, types); // No layer has it, and it never changes.
      return;
    }
    Site site = module.site();
    if (asHeld && layer(site).frozen(site, parameter.name()) instanceof QuantizedWeight weight) {
      boolean moves = adapted.contains(site.name());
      if (moves && !(weight instanceof GroupWeight)) {
        throw new PeftException(
            name
                + " is held as "
                + weight.format()
                + ", and cannot take an adapter in: rounded again, it would lose most of it. Merge"
                + " into numbers instead (dtype, on the command line --precision), or keep the"
                + " adapter beside the model.");
      }
      all.addAll(quantized.add(name, weight, () -> moves ? merged(site) : NOTHING));
      return;
    }
    if (module instanceof LinearPart && !parameter.bias()) {
      quantized.skip(names.stored(site.name()));
    }
    all.add(tensor(site, parameter, name, types));
  }

  private static Set<String> stored(Path folder) {
    try (TensorSource source = WeightFiles.open(folder)) {
      return Set.copyOf(source.tensors().keySet());
    }
  }

  private static boolean reads(StackPart stack, String key) {
    return stack.input().table().filter(table -> table.key().equals(key)).isPresent();
  }

  /** What no adapter changes, as the model's folder has it, if it does. */
  private void addStored(Path folder, String key, TensorTypes types) {
    try (TensorSource source = WeightFiles.open(folder)) {
      TensorInfo info = source.tensors().get(key);
      if (info != null) {
        float[] values = new float[Math.toIntExact(info.elementCount())];
        source.readFloats(key, 0, values, 0, values.length);
        all.add(
            new CheckpointTensor(
                key,
                types.of(key),
                info.shape(),
                (sink, name) -> sink.writeFloats(name, values, 0, values.length)));
      }
    }
  }

  /** Whether table and head of a tied model have the same change: an adapter that acts at both. */
  private boolean changeTogether(ModelArchitecture architecture) {
    if (architecture.tiedHead().isEmpty() || architecture.stacks().size() > 1) {
      return false;
    }
    Site table = architecture.body().tokenInput().tokens().site();
    if (!adapted.contains(table.name())) {
      return false;
    }
    Site head = architecture.tiedHead().get().site();
    return adapters.stream()
        .flatMap(peft -> peft.active().stream().map(peft::adapter))
        .flatMap(adapter -> adapter.parts().stream())
        .allMatch(part -> isShared(part, table, head));
  }

  private static boolean isShared(Adapter part, Site table, Site head) {
    if (part.site().name().equals(table.name())) {
      return part instanceof SharingAdapter sharing && sharing.tied().contains(head);
    }
    return !part.site().name().equals(head.name()) || part.parameters().isEmpty();
  }

  /** The keys of tables of which an adapter changes one user's copy. */
  private Set<String> apart(ModelArchitecture architecture) {
    return architecture.tables().stream()
        .filter(table -> adapted.contains(table.site().name()))
        .map(EmbeddingPart::key)
        .collect(Collectors.toSet());
  }

  private static Set<String> sharedTables(ModelArchitecture architecture, Set<String> changed) {
    Set<String> keys = new HashSet<>(changed);
    architecture.tables().stream()
        .filter(table -> table.shared().isPresent())
        .forEach(table -> keys.add(table.key()));
    return keys;
  }

  private String name(ModulePart module, SiteParameter parameter) {
    return module instanceof EmbeddingPart table && apart.contains(table.key())
        ? table.ownKey()
        : former(module.site(), parameter)
            .orElseGet(() -> names.stored(TensorKeys.key(module, parameter)));
  }

  /** The former name of a parameter, where the model's folder has it under that. */
  private Optional<String> former(Site site, SiteParameter parameter) {
    return site.former().map(name -> name + "." + parameter.name()).filter(stored::contains);
  }

  /** Whether the written head shares the token embedding's table. */
  boolean tied() {
    return tied;
  }

  /** The weights that are written in fewer bits. */
  QuantizedTensors quantized() {
    return quantized;
  }

  List<CheckpointTensor> all() {
    return List.copyOf(all);
  }

  private CheckpointTensor unchanged(
      EmbeddingPart table, SiteParameter parameter, TensorTypes types) {
    return new CheckpointTensor(
        table.key(),
        types.of(table.key()),
        parameter.shape(),
        (sink, key) ->
            WeightValues.write(layer(table.site()).frozen(table.site(), "weight"), sink, key));
  }

  private CheckpointTensor tensor(
      Site site, SiteParameter parameter, String name, TensorTypes types) {
    return new CheckpointTensor(
        name, types.of(name), parameter.shape(), (sink, key) -> write(site, parameter, sink, key));
  }

  private AdapterScope merged(Site site) {
    return adapters.orElseThrow().mergedAt(site);
  }

  private SiteLayer layer(Site site) {
    SiteLayer layer = layers.get(site.name());
    if (layer == null) {
      throw new IllegalStateException("No layer of the graph has site " + site.name() + ".");
    }
    return layer;
  }

  private void write(Site site, SiteParameter parameter, TensorSink sink, String key)
      throws IOException {
    SiteLayer layer = layer(site);
    try (AdapterScope scope = adapted.contains(site.name()) ? merged(site) : NOTHING) {
      WeightValues.write(layer.frozen(site, parameter.name()), sink, key);
    }
  }
}
