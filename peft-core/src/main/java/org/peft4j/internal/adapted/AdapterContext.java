package org.peft4j.internal.adapted;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.LayerGrafts;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.graft.SiteGrafts;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.original.OriginalLayer;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.internal.original.OriginalVertex;
import org.peft4j.kernel.Kernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;

/**
 * What adapted layers are built from: the originals and the active slots. Layer configurations
 * refer to it by a transient reference and by a key, because Deeplearning4j makes replicas from a
 * configuration's JSON.
 */
public final class AdapterContext {
  private static final Map<String, WeakReference<AdapterContext>> REGISTRY =
      new ConcurrentHashMap<>();

  private final String key = UUID.randomUUID().toString();
  private final Map<String, OriginalPart> layers;
  private final Map<String, Set<String>> below;
  private final SharedState shared;
  private final Kernels kernels;
  private List<Slot> active = List.of();

  /**
   * @param layers the originals by vertex name, in the order of the parameter vector
   * @param below for each of them, the vertices on whose outputs it depends
   */
  public AdapterContext(
      Map<String, OriginalPart> layers,
      Map<String, Set<String>> below,
      SharedState shared,
      Kernels kernels) {
    this.layers = new LinkedHashMap<>(layers);
    this.below = below;
    this.shared = shared;
    this.kernels = kernels;
    REGISTRY.values().removeIf(reference -> reference.get() == null);
    REGISTRY.put(key, new WeakReference<>(this));
  }

  /** A context of its own for a clone of the network, in which nothing is disabled or merged. */
  AdapterContext forClone() {
    AdapterContext replica = new AdapterContext(layers, below, shared.forClone(), kernels);
    replica.active = active;
    return replica;
  }

  /** The context of that key. */
  static AdapterContext lookUp(@Nullable String key) {
    WeakReference<AdapterContext> reference = key == null ? null : REGISTRY.get(key);
    AdapterContext context = reference == null ? null : reference.get();
    if (context == null) {
      throw new PeftException(
          "This network holds adapters only; its base model ("
              + key
              + ") is not loaded in this process. Load the base model and open a saved adapter"
              + " on it with Peft.load.");
    }
    return context;
  }

  String key() {
    return key;
  }

  public SharedState shared() {
    return shared;
  }

  public Map<String, OriginalPart> layers() {
    return layers;
  }

  private OriginalPart original(String vertex) {
    OriginalPart original = layers.get(vertex);
    if (original == null) {
      throw new PeftException(
          "The base model has no layer \"" + vertex + "\". It has: " + layers.keySet() + ".");
    }
    return original;
  }

  /** The sites of a layer or vertex. */
  List<Site> sites(String vertex) {
    return original(vertex).sites();
  }

  OriginalLayer layer(String vertex) {
    return (OriginalLayer) original(vertex);
  }

  OriginalVertex vertex(String vertex) {
    return (OriginalVertex) original(vertex);
  }

  public List<Slot> active() {
    return active;
  }

  public void setActive(List<Slot> slots) {
    active = List.copyOf(slots);
  }

  /** The active slots of a layer, in the order of its sites and, at each, of activation. */
  public List<Slot> slots(String vertex) {
    List<Slot> result = new ArrayList<>();
    original(vertex)
        .sites()
        .forEach(
            site ->
                active.stream()
                    .filter(slot -> slot.adapter().site().name().equals(site.name()))
                    .forEach(result::add));
    return result;
  }

  /**
   * The name of the base layer's bias that a parameter is a copy of; empty for any other parameter.
   *
   * @param key Deeplearning4j's key of the parameter
   */
  Optional<String> copiedBias(String vertex, String key) {
    for (Slot slot : slots(vertex)) {
      if (slot.adapter() instanceof TrainableCopy copy) {
        List<ParameterSpec> specs = copy.parameters();
        for (int i = 0; i < specs.size(); i++) {
          if (slot.key(specs.get(i)).equals(key)) {
            return Optional.of(copy.copied().get(i))
                .filter(SiteParameter::bias)
                .map(SiteParameter::name);
          }
        }
      }
    }
    return Optional.empty();
  }

  /** What the parameters of a layer are, for files: adapter, tensor and shape of each in order. */
  List<String> description(String vertex) {
    List<String> tensors = new ArrayList<>();
    for (Slot slot : slots(vertex)) {
      for (ParameterSpec spec : slot.adapter().parameters()) {
        tensors.add(slot.adapterName() + ": " + slot.adapter().key(spec) + " " + spec.shape());
      }
    }
    return tensors;
  }

  /**
   * Refuses parameters that were saved while other adapters were active.
   *
   * @param saved their {@link #description}
   * @throws PeftException if the description is another now
   */
  void requireActive(String vertex, List<String> saved) {
    List<String> now = description(vertex);
    if (!now.equals(saved)) {
      throw new PeftException(
          "This network was saved with the adapters "
              + saved
              + " at "
              + vertex
              + ", but the model that holds its base model has "
              + now
              + " active there. Activate the same with setActive before restoring, or keep adapters"
              + " in files of their own with PeftModel.save and loadAdapter.");
    }
  }

  /** The number of trainable elements of a layer. */
  long count(String vertex) {
    return slots(vertex).stream().mapToLong(Slot::count).sum();
  }

  private boolean trainsBelow(String vertex) {
    return below.getOrDefault(vertex, Set.of()).stream()
        .anyMatch(v -> layers.containsKey(v) && !slots(v).isEmpty());
  }

  /** Grafts over a layer's slice of the parameter vector. */
  LayerGrafts bind(String vertex, @Nullable INDArray parameters) {
    List<Slot> slots = slots(vertex);
    List<Tensors> tensors = VectorSlice.cut(slots, parameters);
    List<SiteGrafts> sites = new ArrayList<>();
    original(vertex)
        .sites()
        .forEach(
            site -> {
              List<Graft> grafts = new ArrayList<>();
              for (int i = 0; i < slots.size(); i++) {
                Slot slot = slots.get(i);
                if (slot.adapter().site().name().equals(site.name())) {
                  Tensors all = slot.withFrozen(tensors.get(i));
                  grafts.add(new Graft(slot.adapterName(), slot.adapter(), all));
                }
              }
              sites.add(new SiteGrafts(site, grafts, shared));
            });
    return new LayerGrafts(sites, shared, kernels, trainsBelow(vertex));
  }
}
